// Opens the browser's print dialog, in which a PDF can be saved.

const button = document.getElementById("print");
button.hidden = false;
button.addEventListener("click", () => print());
