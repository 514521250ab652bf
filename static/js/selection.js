// Ticked rows: the number beside the buttons follows the boxes, and the arrows of the list take the selection along, as far as an
// address goes. Beyond that nothing leads on until fewer are ticked: the server would refuse it, and the ticks would be gone.
(() => {
  const LONGEST = 7_800; // of the 8,190 characters that web servers read; the pages that follow add some to what is here
  const NEAR = 250; // people, as the largest page has: from here on it's said how many more there is room for
  const LINKS = "#selection .card a[href^='?']:not([data-leave])";
  const bar = () => document.querySelector("[data-selected]");
  const boxes = () => [...document.querySelectorAll('#selection input[type=checkbox][name="ids"]')];
  const hidden = (name) => [...document.querySelectorAll(`#selection input[type=hidden][name="${name}"]`)];
  const isAll = () => hidden("who").length > 0;

  const shown = (amount) => amount.toLocaleString(document.documentElement.lang);

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
    for (const link of document.querySelectorAll(LINKS)) {
      link.setAttribute("href", new URL(withSelection(link.href), location.href).search || "?"); // so that it's found again
    }
  };

  // How much longer, or with a minus shorter, the longest address that this page leads to could be.
  const left = () => {
    const sent = (form) => new URLSearchParams(new FormData(form)).toString().length + 1;
    const selection = document.getElementById("selection");
    const columns = document.getElementById("columns");
    const actions = [...selection.querySelectorAll("button[formaction]")].map((button) => button.formAction.length + sent(selection));
    const links = [...document.querySelectorAll(LINKS)].map((link) => link.href.length);
    return LONGEST - Math.max(...actions, ...links, (location.origin + location.pathname).length + sent(columns));
  };

  const isTooLong = () => bar() !== null && carried()[1].length > 0 && left() < 0;

  const sayRoom = () => {
    const place = document.querySelector("[data-room]");
    const costs = carried()[1].map((one) => one.length + "%2C".length);
    const rest = costs.length ? left() : LONGEST;
    const isOver = rest < 0;
    const number = isOver ? Math.min(costs.length, Math.ceil(-rest / Math.min(...costs))) : Math.floor(rest / Math.max(...costs, 1));
    const { near, over, nearExcept, overExcept } = place.dataset;
    const words = isAll() ? (isOver ? overExcept : nearExcept) : isOver ? over : near;
    const text = isOver || number <= NEAR ? words.replaceAll("{number}", shown(number)) : "";
    if (place.textContent !== text) place.textContent = text; // each change is read aloud
    place.classList.toggle("alert", isOver);
    place.classList.toggle("alert-warning", isOver);
    return isOver;
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
    const except = isAll() ? carried()[1].length : 0;
    const some = isAll() ? (except ? allExcept : all) : number === 1 ? one : many;
    place.textContent = (number === 0 ? none : some).replace("{number}", shown(number)).replace("{except}", shown(except));
    const page = document.querySelector("[data-tick-page]");
    if (page) {
      const ticked = boxes().filter((box) => box.checked).length;
      page.checked = ticked > 0 && ticked === boxes().length;
      page.indeterminate = ticked > 0 && ticked < boxes().length;
    }
    carry();
    const isOver = sayRoom();
    for (const button of document.querySelectorAll("#selection button[formaction]")) button.disabled = number === 0 || isOver;
  };

  document.addEventListener("change", (event) => {
    if (!event.target.closest("#selection, #columns")) return;
    if (event.target.matches("[data-tick-page]")) {
      for (const box of boxes()) box.checked = event.target.checked;
    }
    update();
  });
  const stay = (event) => {
    const leads = event.type === "submit" ? event.target.matches("#selection, #columns") : event.target.closest(LINKS);
    if (!leads || !isTooLong()) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    document.querySelector("[data-room]").focus();
  };
  for (const type of ["click", "auxclick", "submit"]) document.addEventListener(type, stay, true);

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
