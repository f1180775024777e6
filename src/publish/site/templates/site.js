// What a page can do beyond being read: find a unit or indicator by name, with or without accents; choose a language; sort a
// table; paint a map by another indicator. Without this script all of it is there to read.
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

  // Words in both languages, as the page writes them.
  const both = (vi, en) => (vi === en ? [vi] : [make("span", { lang: "vi" }, vi), " ", make("span", { lang: "en" }, en)]);
  // A page that is opened from disk may load nothing but scripts; those that are seldom wanted are loaded when they are.
  const load = (src, then) => {
    const script = make("script", { src });
    script.addEventListener("load", then);
    document.head.append(script);
  };

  // Search: the names are loaded when they are first asked for.
  let names = null;
  const know = () => {
    if (names) return;
    names = [];
    load(root + "names.js", () => {
      names = NAMES.map(([to, name, more]) => ({ to, name, more, folded: fold(name + " " + more + " " + to) }));
      search();
    });
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

  // Maps: a list of what else one can be painted by takes the place of the links to the indicators' own maps.
  const paint = (map, by) => {
    for (const ward of map.querySelectorAll("svg a")) {
      const [title, sign] = [ward.querySelector("title"), ward.querySelector("text")];
      ward.drawn ??= [ward.getAttribute("class"), sign.textContent, title.textContent];
      const code = ward.href.baseVal.match(/(\w+)\.html$/)[1];
      const [place, vi, en] = by?.wards[code] ?? [];
      const name = ward.drawn[2].split(": ")[0];
      const look = by ? [...by.key[place].slice(0, 2), name + ": " + (vi === en ? vi : vi + " · " + en)] : ward.drawn;
      ward.setAttribute("class", look[0]);
      [sign.textContent, title.textContent] = look.slice(1);
    }
    const keys = map.querySelector(".keys");
    keys.drawn ??= [...keys.childNodes];
    keys.replaceChildren(...(by ? by.key.flatMap(([look, sign, vi, en]) => {
      const key = make("span", { class: "key " + look });
      key.append(make("b", { "aria-hidden": "true" }, sign));
      return [key, " ", ...both(vi, en), " \u00a0 "];
    }) : keys.drawn));
  };
  const choose = (map) => {
    const links = map.previousElementSibling;
    const select = make("select", { "aria-label": "Tô màu bản đồ theo · colour the map by" });
    select.append(make("option", { value: "" }, "Phân loại · class"));
    const pages = {};
    for (const link of links.querySelectorAll("a")) {
      pages[link.textContent] = link.href;
      select.append(make("option", { value: link.textContent }, link.textContent + " " + link.title));
    }
    const own = make("a", { hidden: "" });
    const show = () => {
      if (typeof MAPS === "undefined") return;
      const by = select.value;
      paint(map, MAPS[by]);
      own.hidden = !by;
      own.href = pages[by] ?? "";
      own.replaceChildren(...(by ? [by, " ", ...both(...MAPS[by].name)] : []));
    };
    select.addEventListener("change", () => {
      if (!map.asked) load(map.dataset.others, show);
      map.asked = true;
      show();
    });
    links.replaceChildren(select, " ", own);
  };

  document.addEventListener("DOMContentLoaded", () => {
    const tools = document.getElementById("tools");
    tools.append(input, found);
    for (const [value, label, title] of [["both", "Việt + Eng", "song ngữ · both languages"], ["vi", "Việt", "tiếng Việt"], ["en", "Eng", "English"]]) {
      const button = make("button", { type: "button", value, title }, label);
      button.addEventListener("click", () => { remembered(value); say(value); });
      tools.append(button);
    }
    input.addEventListener("focus", know);
    input.addEventListener("input", () => { know(); search(); });
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
    document.querySelectorAll("figure.map[data-others]").forEach(choose);
    say(remembered() ?? "both");
  });
})();
