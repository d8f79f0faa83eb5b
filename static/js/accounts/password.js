// Lets people look at the password they type. Without JavaScript the button stays hidden.

for (const button of document.querySelectorAll(".password-toggle")) {
  const input = document.getElementById(button.getAttribute("aria-controls"));
  button.hidden = false;

  const show = (isShown) => {
    input.type = isShown ? "text" : "password";
    button.setAttribute("aria-pressed", String(isShown));
  };

  button.addEventListener("click", () => {
    show(input.type === "password");
    input.focus();
  });
  // Managers save what a password field holds, and a shown password should not stay on the screen.
  input.form.addEventListener("submit", () => show(false));
}
