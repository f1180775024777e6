// Filters the list of wards by name, with or without accents, or by code.
const fold = (text) => text.normalize("NFD").replace(/[\u0300-\u036f]/g, "").replace(/[đĐ]/g, "d").toLowerCase();
const items = [...document.querySelectorAll("#wards li")].map((item) => [item, fold(item.textContent)]);
document.getElementById("search").addEventListener("input", (event) => {
  const wanted = fold(event.target.value.trim());
  for (const [item, text] of items) item.hidden = !text.includes(wanted);
});
