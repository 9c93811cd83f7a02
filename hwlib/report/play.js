// The parts of the page, from top to bottom; what they share is in play-core.js.

// One face from each generator.
const drawFaces = latest(async () => {
  const { text, noise } = state, words = `${named(text)}, noise ${noise}`, times = []
  for (const [i, run] of data.faces.entries())
    times.push((await draw($("faces").children[i].firstChild, run, text, latent(noise, run.latent), `${run.label}: ${words}`)).milliseconds)
  const longest = Math.max(...times)
  say($("status"), `${words}: ${longest < 1 ? "under 1" : Math.round(longest)} ms a face`)
  $("faces").dataset.drawn = words
}, $("status"))

function changed({ text = state.text, ...others }) {
  Object.assign(state, others, { text })
  const [hair, eyes] = [HAIR.filter((_, i) => text[1 + i]), EYES.filter((_, i) => text[1 + HAIR.length + i])]
  for (const [name, found] of [["hair", hair], ["eyes", eyes]])
    for (const input of $(name).querySelectorAll("input")) input.checked = found.length === 1 && input.value === found[0]
  $("noise").value = state.noise
  drawFaces()
  if (Object.keys(others).length) { drawWalk(); grid.stale() }
  film()
  if (chosenPicture() === "above") translate()
}

function choose() {
  $("choose").hidden = false
  for (const run of data.faces) {
    const figure = document.createElement("figure")
    figure.innerHTML = `<canvas role="img"></canvas><figcaption></figcaption>`
    figure.lastChild.textContent = `${run.label} (${run.name}, ${run.steps.toLocaleString("en")} steps)`
    $("faces").append(figure)
  }
  radios($("hair"), "hair", HAIR.map(name => [name, name, data.hair[name]]))
  radios($("eyes"), "eyes", EYES.map(name => [name, name, data.eyes[name]]))
  radios($("start"), "start", data.faces.map((run, i) => [String(i), run.label]), "0")
  $("start").hidden = data.faces.length < 2
  for (const part of ["hair", "eyes"])
    $(part).addEventListener("change", ({ target }) => {
      const text = Float32Array.from(state.text), from = part === "hair" ? 1 : 1 + HAIR.length
      const names = part === "hair" ? HAIR : EYES
      text.fill(0, from, from + names.length)[from + names.indexOf(target.value)] = 1
      $("text").value = named(text)
      changed({ text })
    })
  $("words").addEventListener("submit", event => {
    event.preventDefault()
    try { changed({ text: parse($("text").value) }) } catch (error) { say($("status"), error.message, true) }
  })
  $("noise").addEventListener("change", () => changed({ noise: Math.max(0, Math.floor(Number($("noise").value)) || 0) }))
  $("new-noise").addEventListener("click", () => changed({ noise: Math.floor(Math.random() * 10000) }))
  $("kind").addEventListener("change", ({ target }) => changed({ kind: target.value }))
  $("start").addEventListener("change", ({ target }) => changed({ start: Number(target.value) }))
}

// The walk.
const ends = { from: null, to: null }
const drawWalk = latest(async () => {
  const t = $("way").value / 100, { from, to } = ends, words = `${Math.round(100 * t)} % of the way`
  const latents = [latent(from.noise), latent(to.noise)]
  const text = from.text.map((value, i) => (1 - t) * value + t * to.text[i])
  await draw($("between"), shown(), text, greatCircle(...latents, t), `Face at ${words}`)
  $("between").nextSibling.firstChild.textContent = words
  $("way").setAttribute("aria-valuetext", words)
  for (const [i, [end, { text, noise }]] of Object.entries(ends).entries()) {
    const words = `${named(text)}, noise ${noise}`, key = `${words} ${state.kind} ${state.start}`
    if ($(end).dataset.drawn === key) continue
    $(end).dataset.drawn = key
    await draw($(end), shown(), text, latents[i], words)
    $(end).nextSibling.firstChild.textContent = words
  }
}, $("status"))

function walk() {
  $("walk").hidden = false
  ends.from = { text: parse("blue hair red eyes"), noise: 1 }
  ends.to = { text: parse("blonde hair green eyes"), noise: 2 }
  $("way").addEventListener("input", drawWalk)
  for (const button of document.querySelectorAll("[data-end]"))
    button.addEventListener("click", () => {
      ends[button.dataset.end] = { text: state.text, noise: state.noise }
      drawWalk()
    })
  const button = $("step-through")
  button.hidden = matchMedia("(prefers-reduced-motion: reduce)").matches
  let timer = null
  const stop = () => { clearInterval(timer); timer = null; button.textContent = "Walk" }
  button.addEventListener("click", () => {
    if (timer) return stop()
    button.textContent = "Stop"
    let at = Number($("way").value) % 100
    timer = setInterval(() => {
      $("way").value = ++at
      drawWalk()
      if (at >= 100) stop()
    }, 60)
  })
}

// All texts with one noise.
const grid = {
  turn: 0,
  setUp() {
    $("all").hidden = false
    for (const eyes of EYES) {
      const row = document.createElement("div")
      row.setAttribute("role", "row")
      for (const hair of HAIR) {
        const button = Object.assign(document.createElement("button"), { type: "button", tabIndex: -1 })
        button.innerHTML = "<canvas></canvas>"
        button.setAttribute("role", "gridcell")
        button.setAttribute("aria-label", `${hair} hair ${eyes} eyes`)
        Object.assign(button.firstChild, { width: data.size, height: data.size })
        button.addEventListener("click", () => {
          $("text").value = `${hair} hair ${eyes} eyes`
          changed({ text: encode([hair], [eyes]) })
          this.focus(button, false)
        })
        row.append(button)
      }
      $("grid").append(row)
    }
    $("grid").querySelector("button").tabIndex = 0
    $("grid").addEventListener("keydown", event => {
      const cells = [...$("grid").querySelectorAll("button")], at = cells.indexOf(document.activeElement), n = HAIR.length
      const by = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: n, ArrowUp: -n }[event.key]
      const row = Math.floor(at / n) * n, to = { Home: row, End: row + n - 1 }[event.key] ?? at + by
      if (!(to in cells)) return
      event.preventDefault()
      this.focus(cells[to], true)
    })
    $("draw-all").addEventListener("click", () => this.draw())
  },
  focus(button, move) {
    $("grid").querySelector('[tabindex="0"]').tabIndex = -1
    button.tabIndex = 0
    if (move) button.focus()
  },
  async draw() {
    const turn = ++this.turn, noise = latent(state.noise)
    $("grid").hidden = false
    $("grid").classList.remove("old")
    try {
      for (const [y, eyes] of EYES.entries()) {
        for (const [x, hair] of HAIR.entries()) {
          const { result } = await face(shown(), encode([hair], [eyes]), noise)
          if (turn !== this.turn) return
          paint($("grid").children[y].children[x].firstChild, result, range(shown()))
        }
        say($("progress"), `${y + 1} of ${EYES.length} rows`)
      }
      say($("progress"), `${shown().label}, noise ${state.noise}, ${state.kind} weights`)
    } catch (error) { say($("progress"), error.message, true) }
  },
  stale() {
    this.turn++
    if ($("grid").hidden) return
    $("grid").classList.add("old")
    say($("progress"), "of other settings than now")
  },
}

// Through training: pictures that were kept, so the noise is the one of the training's samples.
const sheets = new Map()
async function film() {
  const { moments, name } = shown(), text = state.text
  $("training").hidden = !moments.length
  if (!moments.length) return
  const at = $("moment").max === String(moments.length - 1) ? Number($("moment").value) : moments.length - 1
  Object.assign($("moment"), { max: moments.length - 1, value: at })
  const { step, image } = moments[at]
  $("moment-name").textContent = `step ${step.toLocaleString("en")}, ${shown().label}`
  $("moment").setAttribute("aria-valuetext", $("moment-name").textContent)
  $("samples").src = image
  $("samples").alt = `Samples of ${name} at step ${step}: 12 hair colours in columns, 11 eye colours in rows`
  const [x, y] = [text.indexOf(1, 1) - 1, text.indexOf(1, 1 + HAIR.length) - 1 - HAIR.length]
  const single = text.reduce((sum, value) => sum + value) === 2 && x < HAIR.length && y >= 0
  $("film").hidden = !single
  if (!single) return
  const pictures = await Promise.all(moments.map(({ image }) => {
    if (!sheets.has(image)) {
      const picture = Object.assign(new Image(), { src: image })
      sheets.set(image, picture.decode().then(() => picture))
    }
    return sheets.get(image)
  }))
  $("film").replaceChildren(...pictures.map((picture, i) => {
    const canvas = Object.assign(document.createElement("canvas"), { width: data.size, height: data.size })
    canvas.getContext("2d").drawImage(picture, -x * data.size, -y * data.size)
    canvas.setAttribute("role", "img")
    canvas.setAttribute("aria-label", `${named(text)} at step ${moments[i].step}`)
    canvas.classList.toggle("now", i === at)
    return canvas
  }))
}

// A face to the other style and back.
const pictures = []
const chosenPicture = () => document.querySelector("[name=picture]:checked")?.value
const translate = latest(async () => {
  const chosen = chosenPicture(), { size, translation } = data, [low, high] = translation.range
  const above = chosen === "above", { from, image } = above ? { from: 0 } : pictures[chosen]
  const values = above
    ? (await face(data.faces[0], state.text, latent(state.noise, data.faces[0].latent))).result.data.map(scaledFrom(range(data.faces[0])))
    : image.map(scaledFrom([0, 255]))
  const original = { shape: [size, size, 3], data: values }
  const [there, back] = from ? ["b_to_a", "a_to_b"] : ["a_to_b", "b_to_a"]
  const translated = await compute(there, [original])
  const returned = await compute(back, [translated.result])
  const [style, other] = from ? [...translation.styles].reverse() : translation.styles
  for (const [id, tensor, words] of [
    ["original", original, `${style}${above ? ", the face above" : ""}`],
    ["translated", translated.result, `as ${other}`], ["back", returned.result, `and back to ${style}`]]) {
    paint($(id), tensor, [low, high], words)
    $(id).nextSibling.textContent = words
  }
  const off = returned.result.data.reduce((sum, value, i) => sum + Math.abs(value - values[i]), 0)
  const percent = (100 * off / values.length / (high - low)).toFixed(1)
  say($("translation-status"), `The face that came back is ${percent} % of the range off, on average over pixels.`)
}, $("translation-status"))
const scaledFrom = ([a, b]) => {
  const [low, high] = data.translation.range
  return value => low + (value - a) / (b - a) * (high - low)
}

async function translation() {
  $("translation").hidden = false
  const { size, translation: { sheet, styles, columns } } = data, picture = Object.assign(new Image(), { src: sheet })
  await picture.decode()
  if (data.faces.length) radios($("pictures"), "picture", [["above", "the face above"]])
  $("pictures").querySelector("label")?.classList.add("above")
  for (let i = 0; i < 2 * columns; i++) {
    const label = document.createElement("label"), from = Math.floor(i / columns)
    label.innerHTML = `<input type="radio" name="picture" value="${i}"><canvas width="${size}" height="${size}"></canvas>`
    label.firstChild.checked = !i
    label.firstChild.setAttribute("aria-label", `Face ${i % columns + 1} of ${styles[from]}`)
    const context = label.lastChild.getContext("2d", { willReadFrequently: true })
    context.drawImage(picture, -(i % columns) * size, -from * size)
    const { data: rgba } = context.getImageData(0, 0, size, size)
    pictures.push({ from, image: Float32Array.from(rgba.filter((_, at) => at % 4 < 3)) })
    $("pictures").append(label)
  }
  $("pictures").addEventListener("change", translate)
  translate()
}

function frame() {
  const { notice, made, licences, missing, command } = data
  say($("notice"), notice ?? "")
  $("notice").hidden = !notice
  $("made").textContent = made
  $("licences").textContent = licences.join(" ")
  $("missing").hidden = !missing.length
  $("missing").querySelector("code").textContent = command
  for (const { what, command } of missing) {
    const item = document.createElement("li"), code = document.createElement("code")
    code.textContent = command
    item.append(`${what}: `, code)
    $("missing").querySelector("ul").append(item)
  }
}

frame()
if (data.faces.length) {
  choose()
  walk()
  grid.setUp()
  $("moment").addEventListener("input", film)
  changed({ text: parse($("text").value) })
  drawWalk()
}
if (data.translation) translation()
