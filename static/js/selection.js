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
    const onPage = boxes().filter((box) => box.checked !== isAll());
    const name = isAll() ? "except" : "ids";
    return [name, [...values(hidden(name)), ...values(onPage)]];
  };

  const withSelection = (address) => {
    const url = new URL(address, location.href);
    if (!bar()) return url.pathname + url.search;
    const [name, values] = carried();
    url.searchParams.delete(name);
    if (values.length) url.searchParams.set(name, values.join(","));
    return url.pathname + url.search;
  };

  const carry = () => {
    for (const link of document.querySelectorAll("#selection .card a[href^='?']:not([data-leave])")) {
      link.setAttribute("href", new URL(withSelection(link.href), location.href).search || "?"); // so that it's found again
    }
  };

  // htmx has read the addresses of its links before anything was ticked.
  document.addEventListener("htmx:configRequest", (event) => {
    const link = event.detail.elt.closest("#selection a");
    if (link) event.detail.path = withSelection(event.detail.path);
  });

  const update = () => {
    const place = bar();
    if (!place) return;
    const number = count();
    const { none, one, many, all, allExcept } = place.dataset;
    const left = isAll() ? carried()[1].length : 0;
    const some = isAll() ? (left ? allExcept : all) : number === 1 ? one : many;
    const shown = (amount) => amount.toLocaleString(document.documentElement.lang);
    place.textContent = (number === 0 ? none : some).replace("{number}", shown(number)).replace("{except}", shown(left));
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
  // The address of the next page stays short: whom the boxes mean, not each box.
  document.addEventListener("formdata", (event) => {
    if (event.target.id !== "selection") return;
    const [name, values] = carried();
    for (const field of ["ids", "except", "shown"]) event.formData.delete(field);
    if (isAll()) event.formData.set("expected", String(count()));
    if (values.length) event.formData.set(name, values.join(","));
  });

  // Other columns are a page anew: of what the address says by now, with who is ticked.
  document.addEventListener("formdata", (event) => {
    if (event.target.id !== "columns") return;
    const { formData } = event;
    const columns = formData.getAll("columns");
    for (const name of [...formData.keys()]) formData.delete(name);
    const { searchParams } = new URL(withSelection(location.href), location.href);
    searchParams.delete("columns");
    for (const [name, value] of [...searchParams, ...columns.map((one) => ["columns", one])]) formData.append(name, value);
  });

  document.addEventListener("htmx:afterSettle", update);
  window.addEventListener("pageshow", update);
})();
