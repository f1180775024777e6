// What a page can do beyond being read: find a unit or indicator by name, with or without accents; choose a language; sort a
// table. Without this script all of it is there to read.
(() => {
  const root = document.currentScript.dataset.root;
  const page = document.documentElement;
  const fold = (text) => text.normalize("NFD").replace(/[\u0300-\u036f]/g, "").replace(/[đĐ]/g, "d").toLowerCase();
  const make = (tag, attributes, text) => {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    if (text) element.textContent = text;
    return element;
  };
  const remembered = (value) => {
    try {
      if (value) localStorage.setItem("wardscore-language", value);
      return localStorage.getItem("wardscore-language");
    } catch { return null; }
  };

  // Language: both side by side, Vietnamese alone, English alone. Figures are written as the language writes them.
  const say = (language) => {
    page.dataset.l = language;
    page.lang = language === "en" ? "en" : "vi";
    for (const figure of document.querySelectorAll("[data-en]")) {
      figure.dataset.vi ??= figure.textContent;
      figure.textContent = language === "en" ? figure.dataset.en : figure.dataset.vi;
    }
    for (const button of document.querySelectorAll("#tools button")) {
      button.setAttribute("aria-pressed", String(button.value === language));
    }
  };

  // Search: the names are loaded when they are first asked for.
  let names = null;
  const load = () => {
    if (names) return;
    names = [];
    const script = make("script", { src: root + "names.js" });
    script.addEventListener("load", () => {
      names = NAMES.map(([to, name, more]) => ({ to, name, more, folded: fold(name + " " + more + " " + to) }));
      search();
    });
    document.head.append(script);
  };
  const search = () => {
    const wanted = fold(input.value.trim()).split(/\s+/).filter(Boolean);
    const hits = wanted.length ? names.filter((n) => wanted.every((word) => n.folded.includes(word))) : [];
    // A name that begins as asked for comes first.
    const first = fold(input.value.trim());
    const rank = (n) => (fold(n.name).split(" ").slice(1).join(" ").startsWith(first) ? 0 : 1);
    hits.sort((a, b) => rank(a) - rank(b));
    found.replaceChildren(...hits.slice(0, 30).map((hit) => {
      const item = make("li", {});
      const link = make("a", { href: root + hit.to + ".html" }, hit.name);
      if (hit.more) link.append(" ", make("small", { class: "soft" }, hit.more));
      item.append(link);
      return item;
    }));
  };
  const input = make("input", { type: "search", id: "find", "aria-label": "Tìm xã, phường, chỉ tiêu · find", placeholder: "Tìm: thuan loc, 19753, T5" });
  const found = make("ul", { id: "found" });

  // Tables: a button in each head sorts by its column, numbers as numbers.
  const key = (row, column) => {
    const cell = row.cells[column];
    const text = cell.dataset.s ?? cell.textContent.trim();
    const number = cell.dataset.s === undefined ? Number(text.replace(/[.%\s]/g, "").replace(",", ".")) : Number(text);
    return text === "" || text === "–" ? null : Number.isNaN(number) ? fold(text) : number;
  };
  const order = (table, column) => {
    const head = table.tHead.rows[0].cells[column];
    const down = head.getAttribute("aria-sort") === "ascending";
    for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", down ? "descending" : "ascending");
    const rows = [...table.tBodies[0].rows].map((row) => [key(row, column), row]);
    rows.sort(([a], [b]) => {
      // What is absent comes last, whichever way.
      if (a === null || b === null) return (a === null) - (b === null);
      const less = typeof a === typeof b ? (a < b ? -1 : a > b ? 1 : 0) : typeof a === "number" ? -1 : 1;
      return down ? -less : less;
    });
    table.tBodies[0].append(...rows.map(([, row]) => row));
  };

  document.addEventListener("DOMContentLoaded", () => {
    const tools = document.getElementById("tools");
    tools.append(input, found);
    for (const [value, label, title] of [["both", "Việt + Eng", "song ngữ · both languages"], ["vi", "Việt", "tiếng Việt"], ["en", "Eng", "English"]]) {
      const button = make("button", { type: "button", value, title }, label);
      button.addEventListener("click", () => { remembered(value); say(value); });
      tools.append(button);
    }
    input.addEventListener("focus", load);
    input.addEventListener("input", () => { load(); search(); });
    input.addEventListener("keydown", (event) => {
      if (event.key === "Enter") found.querySelector("a")?.click();
      if (event.key === "Escape") { input.value = ""; search(); }
    });
    for (const table of document.querySelectorAll("table.sort")) {
      [...table.tHead.rows[0].cells].forEach((head, column) => {
        const button = make("button", { type: "button" });
        button.append(...head.childNodes);
        button.addEventListener("click", () => order(table, column));
        head.append(button);
      });
    }
    say(remembered() ?? "both");
  });
})();
