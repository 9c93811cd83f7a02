// The report's document: which section one is in, and a search over the claims. Without it all is there, unfiltered.
const board = document.getElementById("board")
if (board) {
  const field = Object.assign(document.createElement("input"), { type: "search", placeholder: "Search the claims" })
  field.setAttribute("aria-label", "Search the claims")
  const told = document.createElement("p")
  told.setAttribute("role", "status")
  board.querySelector("figure").before(field, told)
  const rows = [...board.querySelectorAll("tbody tr")]
  const labels = [...board.querySelectorAll("th")].map(cell => cell.textContent)
  for (const row of rows) [...row.cells].slice(2).forEach((cell, i) => { cell.dataset.label = labels[i + 2] })
  const words = rows.map(row => {
    const link = row.querySelector("a")
    const card = link && document.getElementById(decodeURIComponent(link.hash.slice(1)))
    let text = row.textContent
    for (let part = card?.nextElementSibling; part && !/^H[123]$/.test(part.tagName); part = part.nextElementSibling)
      text += " " + part.textContent
    return text.toLowerCase()
  })
  field.addEventListener("input", () => {
    const asked = field.value.toLowerCase().split(/\s+/)
    rows.forEach((row, i) => { row.hidden = !asked.every(word => words[i].includes(word)) })
    const shown = rows.filter(row => !row.hidden).length
    told.textContent = field.value ? `${shown} of ${rows.length} claims` : ""
  })
}

const contents = document.getElementById("TOC")
contents.after(Object.assign(document.createElement("a"), { href: "#TOC", className: "to-contents", textContent: "Contents" }))

const links = new Map([...contents.querySelectorAll("a")].map(a => [decodeURIComponent(a.hash.slice(1)), a]))
const headings = [...links.keys()].map(id => document.getElementById(id)).filter(Boolean)
const mark = () => {
  const passed = headings.filter(heading => heading.getBoundingClientRect().top < innerHeight / 3)
  const now = passed.length ? links.get(passed.at(-1).id) : null
  const before = contents.querySelector(".now")
  if (before === now) return
  before?.classList.remove("now")
  now?.classList.add("now")
  if (now && getComputedStyle(contents).position === "fixed") now.scrollIntoView({ block: "nearest" })
}
addEventListener("scroll", mark, { passive: true })
mark()
