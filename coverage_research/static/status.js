// A line that stays in the page while its text changes, so that screen readers say what is new.
function render({ model, el }) {
  const line = document.createElement("p");
  line.className = "coverage-status";
  line.dir = "auto";
  el.append(line);

  function tell() {
    line.setAttribute("role", model.get("urgent") ? "alert" : "status");
    line.textContent = model.get("value");
  }

  model.on("change:value", tell);
  line.setAttribute("role", "status");
  tell();
  return () => model.off("change:value", tell);
}

export default { render };
