// Single keys on pages with a list. Never while one types, with a modifier, or in a dialog; they can be switched off in the "?" dialog.
(() => {
  const OFF = "keys-off";
  const dialog = document.getElementById("keys-dialog");
  if (!dialog) return;
  const box = dialog.querySelector("input[type=checkbox]");
  const isOn = () => localStorage.getItem(OFF) !== "yes";

  const rows = () => [...document.querySelectorAll("#list tbody tr, #list a.list-group-item")];
  const current = () => document.activeElement.closest("#list tbody tr, #list a.list-group-item");
  const move = (step) => {
    const all = rows();
    const next = all[Math.max(0, all.indexOf(current()) + step)];
    (next?.matches("a") ? next : next?.querySelector("a"))?.focus();
  };
  const press = (element) => element?.click();

  const keys = {
    "/": () => document.getElementById("id_q")?.focus(),
    j: () => move(1),
    k: () => move(-1),
    x: () => press(current()?.querySelector("input[type=checkbox]")),
    X: () => press(document.querySelector("[data-tick-page]")),
    r: () => location.reload(),
    "?": () => {
      box.checked = isOn();
      dialog.showModal();
    },
  };

  const isTyping = (element) => element.closest("input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]") !== null;

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || event.isComposing) return;
    if (document.querySelector("dialog[open]") || isTyping(event.target) || !(event.key in keys)) return;
    // The dialog itself always opens: it is where the rest is switched on again.
    if (!isOn() && event.key !== "?") return;
    event.preventDefault();
    keys[event.key]();
  });

  box.addEventListener("change", () => localStorage.setItem(OFF, box.checked ? "no" : "yes"));
  dialog.addEventListener("click", (event) => event.target.closest("[data-close-keys]") && dialog.close());
})();
