// data-theme: the choice shows before the server has kept it.
document.addEventListener("click", (event) => {
  const button = event.target.closest?.("[data-theme]");
  if (!button) return;
  const root = document.documentElement;
  if (button.value) root.dataset.bsTheme = button.value;
  else delete root.dataset.bsTheme;
});
