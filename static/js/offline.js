// Stands in for a page that could not be fetched: asks for it again once the browser is online.

addEventListener("online", () => location.reload());
