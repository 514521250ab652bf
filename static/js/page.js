// Small manners of every page: menus that close, toasts that pass, buttons that copy, forms that send once.
(() => {
  const PASSING_MS = 10_000;

  const closeMenus = (except) => {
    for (const menu of document.querySelectorAll("details.menu[open]")) {
      if (menu !== except) menu.open = false;
    }
  };

  document.addEventListener("click", (event) => closeMenus(event.target.closest("details.menu")));

  document.addEventListener("keydown", (event) => {
    const menu = event.target.closest?.("details.menu[open]");
    if (event.key !== "Escape" || !menu) return;
    menu.open = false;
    menu.querySelector("summary").focus();
  });

  // <button data-copy="id of the text" data-copied="Copied">
  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copy]");
    if (!button) return;
    await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent);
    const word = button.querySelector("span") ?? button;
    const before = word.textContent;
    word.textContent = button.dataset.copied;
    setTimeout(() => (word.textContent = before), 2000);
  });

  // <form data-once>: a double click sends it once. The server holds its own guard; this spares the second page.
  document.addEventListener("submit", (event) => {
    const form = event.target.closest("form[data-once]");
    // What opens in another tab leaves this page as it is.
    if (!form || event.submitter?.formTarget === "_blank") return;
    if (form.dataset.sent) event.preventDefault();
    form.dataset.sent = "yes";
  });
  window.addEventListener("pageshow", () => {
    for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
  });

  // An answer that htmx can't put anywhere still has to be seen.
  const tell = (words) => {
    const toast = document.createElement("div");
    toast.className = "toast show";
    toast.setAttribute("role", "alert");
    toast.append(Object.assign(document.createElement("div"), { className: "toast-body", textContent: words }));
    document.getElementById("toasts").append(toast);
    setTimeout(() => toast.remove(), PASSING_MS);
  };

  document.addEventListener("htmx:responseError", (event) => {
    const words = document.body.dataset;
    // What asks by itself in the background fails quietly, and asks again.
    if (event.detail.elt.closest("[data-quiet]")) return;
    if (event.detail.elt.closest("form[data-sent]")) return; // the page is being left, and the next one says what there is to say
    if (event.detail.target?.id === "list" && event.detail.xhr.status !== 401) return; // list.js says it there
    const { elt, requestConfig } = event.detail;
    const again = () => (requestConfig.triggeringEvent?.type === "click" ? elt.click() : elt.dispatchEvent(new Event("change", { bubbles: true })));
    if (event.detail.xhr.status === 401) window.logInAgain(again);
    else tell(event.detail.xhr.status === 403 ? words.liveNoRight : words.failed);
  });
  document.addEventListener("htmx:sendError", (event) => {
    if (!event.detail.elt.closest("[data-quiet]") && event.detail.target?.id !== "list") tell(document.body.dataset.unreachable);
  });

  const wide = window.matchMedia("(min-width: 768px)");

  const settle = (root) => {
    root.querySelector("[data-focus-first]")?.focus();
    // Filters lie open where there is room for them, and behind a button on a phone.
    for (const details of root.querySelectorAll("details[data-open-wide]")) details.open = wide.matches;
    for (const toast of root.querySelectorAll(".toast[data-passing]")) {
      setTimeout(() => toast.matches(":hover, :focus-within") || toast.remove(), PASSING_MS);
    }
  };

  wide.addEventListener("change", () => settle(document));
  document.addEventListener("DOMContentLoaded", () => settle(document));
})();
