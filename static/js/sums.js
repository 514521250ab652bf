// A button's number follows what is ticked in its form: <button data-sum="41" data-sum-words="Restart for {count}">
// beside <input type="checkbox" data-adds="9">.
(() => {
  document.addEventListener("change", (event) => {
    const button = event.target.matches("[data-adds]") && event.target.form?.querySelector("[data-sum]");
    if (!button) return;
    const ticked = [...event.target.form.querySelectorAll("[data-adds]:checked")];
    const count = ticked.reduce((sum, box) => sum + Number(box.dataset.adds), Number(button.dataset.sum));
    button.textContent = button.dataset.sumWords.replace("{count}", count.toLocaleString(document.documentElement.lang));
  });
})();
