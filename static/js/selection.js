// Ticked rows: the number beside the buttons follows the boxes, and the arrows of the list take the selection along.
(() => {
  const bar = () => document.querySelector("[data-selected]");
  const boxes = () => [...document.querySelectorAll('#selection input[type=checkbox][name="ids"]')];
  const hidden = (name) => [...document.querySelectorAll(`#selection input[type=hidden][name="${name}"]`)];
  const isAll = () => hidden("who").length > 0;

  const count = () => {
    const ticked = boxes().filter((box) => box.checked).length;
    if (isAll()) return Number(bar().dataset.total) - (boxes().length - ticked);
    return ticked + hidden("ids").length;
  };

  // Page, sort and size are links; what is ticked here has to reach the next page.
  const carried = () => {
    const values = (inputs) => inputs.map((input) => input.value);
    if (isAll()) {
      return ["except", [...values(hidden("except")), ...values(boxes().filter((box) => !box.checked))]];
    }
    return ["ids", [...values(hidden("ids")), ...values(boxes().filter((box) => box.checked))]];
  };

  const carry = () => {
    const [name, values] = carried();
    for (const link of document.querySelectorAll("#selection a[hx-get], #selection .pagination-line a")) {
      const url = new URL(link.getAttribute("href"), location.href);
      url.searchParams.delete(name);
      if (values.length) url.searchParams.set(name, values.join(","));
      link.setAttribute("href", url.search);
      if (link.hasAttribute("hx-get")) link.setAttribute("hx-get", url.search);
    }
  };

  const update = () => {
    const place = bar();
    if (!place) return;
    const number = count();
    const { none, one, many } = place.dataset;
    const words = number === 0 ? none : number === 1 ? one : many;
    place.textContent = words.replace("{number}", number.toLocaleString(document.documentElement.lang));
    for (const button of document.querySelectorAll("#selection button[formaction]")) button.disabled = number === 0;
    const page = document.querySelector("[data-tick-page]");
    if (page) {
      const ticked = boxes().filter((box) => box.checked).length;
      page.checked = ticked > 0 && ticked === boxes().length;
      page.indeterminate = ticked > 0 && ticked < boxes().length;
    }
    carry();
  };

  document.addEventListener("change", (event) => {
    if (!event.target.closest("#selection")) return;
    if (event.target.matches("[data-tick-page]")) {
      for (const box of boxes()) box.checked = event.target.checked;
    }
    update();
  });
  document.addEventListener("htmx:afterSettle", update);
  window.addEventListener("pageshow", update);
})();
