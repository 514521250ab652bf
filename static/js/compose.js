// <button data-insert="influencer.first_name" data-insert-into="id of the text">: puts the variable where the cursor stands.
(() => {
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-insert]");
    if (!button) return;
    const text = document.getElementById(button.dataset.insertInto);
    text.focus();
    text.setRangeText(`{{ ${button.dataset.insert} }}`, text.selectionStart, text.selectionEnd, "end");
    text.dispatchEvent(new Event("input", { bubbles: true }));
  });
})();
