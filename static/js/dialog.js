// A question in a dialog: <a href="…/stop/" hx-get="…/stop/" hx-target="#dialog">. Without JavaScript it's a page.
(() => {
  const dialog = document.getElementById("dialog");

  document.addEventListener("htmx:afterSwap", (event) => {
    if (event.target !== dialog || dialog.open) return;
    dialog.showModal();
    dialog.querySelector("#dialog-title")?.focus();
  });

  dialog.addEventListener("click", (event) => {
    if (!event.target.closest("[data-close-dialog]")) return;
    event.preventDefault();
    dialog.close();
  });

  // What was asked is over; the browser itself gives the focus back to the opener.
  dialog.addEventListener("close", () => dialog.replaceChildren());
})();
