// Search from anywhere: Ctrl-K (or Cmd-K) and the button in the top bar open a dialog; arrows move among what was found.
(() => {
  const dialog = document.getElementById("search-dialog");
  // On the page of search itself there is no dialog, only the page's own field.
  const input = dialog?.querySelector("input[type=search]") ?? document.getElementById("search-words");
  if (!input) return;

  const open = () => {
    if (document.querySelector("dialog[open]")) return;
    dialog?.showModal();
    input.select();
  };

  document.addEventListener("click", (event) => {
    const plain = !(event.ctrlKey || event.metaKey || event.shiftKey || event.button);
    if (plain && event.target.closest("#search-open")) {
      event.preventDefault();
      open();
    }
    if (event.target.closest("[data-close-search]")) dialog?.close();
  });

  document.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey && event.key.toLowerCase() === "k") {
      event.preventDefault();
      open();
    }
  });

  document.addEventListener("keydown", (event) => {
    if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
    const stops = [input, ...document.querySelectorAll("#search-results [data-found]")];
    const place = stops.indexOf(document.activeElement);
    const next = stops[place + (event.key === "ArrowDown" ? 1 : -1)];
    if (place < 0 || !next) return;
    event.preventDefault();
    next.focus();
  });
})();
