// A list while another part of it is fetched, and when that fails: it says so where one looks, with a way to try again.
(() => {
  const isList = (event) => event.detail.target?.id === "list";

  // “Clear” is there once there is something to clear.
  document.addEventListener("input", (event) => {
    const bar = event.target.closest(".filter-bar");
    const clear = bar?.querySelector("[data-clear]");
    if (clear) clear.hidden = ![...bar.querySelectorAll("input:not([type=hidden]), select")].some((field) => (field.type === "checkbox" ? field.checked : field.value));
  });

  document.addEventListener("htmx:beforeRequest", (event) => {
    if (!isList(event)) return;
    event.detail.target.setAttribute("aria-busy", "true");
  });
  document.addEventListener("htmx:afterRequest", (event) => {
    if (isList(event)) document.getElementById("list")?.removeAttribute("aria-busy");
  });

  document.addEventListener("htmx:afterSwap", (event) => {
    if (isList(event)) document.getElementById("list-trouble")?.remove();
  });

  // What stands there already stays: to press its link is to leave the field, which fetches the list once more.
  const trouble = (event) => {
    if (!isList(event) || event.detail.xhr.status === 401) return;
    const there = document.getElementById("list-trouble");
    if (there) return void there.querySelector("a").setAttribute("href", event.detail.pathInfo.finalRequestPath);
    const { dataset } = document.body;
    const again = Object.assign(document.createElement("a"), { href: event.detail.pathInfo.finalRequestPath, textContent: dataset.again, className: "alert-link ms-2" });
    const box = Object.assign(document.createElement("div"), { id: "list-trouble", className: "alert alert-warning", role: "alert" });
    box.append(document.createTextNode(event.detail.xhr.status ? dataset.listFailed : dataset.unreachable), again);
    event.detail.target.before(box);
  };
  document.addEventListener("htmx:responseError", trouble);
  document.addEventListener("htmx:sendError", trouble);
})();
