// The line at the top, after 150 ms, while the page or a part of it is on its way.
const bar = document.querySelector(".c-progress");
const start = () => bar?.classList.add("on");
const stop = () => bar?.classList.remove("on");

document.addEventListener("htmx:beforeRequest", start);
document.addEventListener("htmx:afterRequest", stop);
addEventListener("pageshow", stop);
addEventListener("beforeunload", start);

export { start, stop };
