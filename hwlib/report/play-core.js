// What the parts of the page (play.js) share: the Worker that computes networks, texts, noise and pictures.
"use strict"
const data = JSON.parse(document.getElementById("data").textContent)
const $ = id => document.getElementById(id)
const [HAIR, EYES] = [data.hair, data.eyes].map(Object.keys)
const state = { text: null, noise: 1, kind: "averaged", start: 0 }

// The Worker: one answer for each question, in order.
const code = new Blob([$("network-code").textContent], { type: "text/javascript" })
const worker = new Worker(URL.createObjectURL(code))
const waiting = new Map()
let asked = 0
worker.postMessage({ networks: data.networks })
worker.onmessage = ({ data: { id, error, ...answer } }) => {
  const { resolve, reject } = waiting.get(id)
  waiting.delete(id)
  error ? reject(new Error(error)) : resolve(answer)
}
const compute = (network, inputs) => new Promise((resolve, reject) => {
  waiting.set(++asked, { resolve, reject })
  worker.postMessage({ id: asked, network, inputs })
})
const vector = numbers => ({ shape: [numbers.length], data: Float32Array.from(numbers) })

// Runs `draw` again when it was asked for meanwhile, so that a slider never leaves a queue behind.
function latest(draw, status) {
  let running = false, again = false
  return async () => {
    again = true
    if (running) return
    running = true
    try {
      while (again) { again = false; await draw() }
    } catch (error) { say(status, error.message, true) } finally { running = false }
  }
}

function say(place, words, wrong = false) {
  place.textContent = words
  place.classList.toggle("wrong", wrong)
}

// Texts, as hwlib.data.tags encodes and parses them.
function encode(hair, eyes) {
  const text = new Float32Array(1 + HAIR.length + EYES.length)
  for (const colour of hair) text[1 + HAIR.indexOf(colour)] = 1
  for (const colour of eyes) text[1 + HAIR.length + EYES.indexOf(colour)] = 1
  return text
}

function parse(words) {
  const known = { hair: HAIR, eyes: EYES }, found = { hair: [], eyes: [] }, spelling = { grey: "gray", blond: "blonde" }
  let named = []
  for (const word of words.toLowerCase().replaceAll(",", " ").split(/\s+/).filter(Boolean)) {
    if (!Object.hasOwn(known, word)) { named.push(Object.hasOwn(spelling, word) ? spelling[word] : word); continue }
    if (!named.length) throw new Error(`No colour before “${word}”: write as in “blue hair red eyes”.`)
    const wrong = named.find(colour => !known[word].includes(colour))
    if (wrong) throw new Error(`“${wrong}” is no colour for ${word}: there are ${known[word].join(", ")}.`)
    found[word].push(...named)
    named = []
  }
  if (named.length) throw new Error(`“${named.join(" ")}” is followed by neither “hair” nor “eyes”.`)
  return encode(found.hair, found.eyes)
}

function named(text) {
  const colours = (names, from) => names.filter((_, i) => text[from + i])
  const [hair, eyes] = [colours(HAIR, 1), colours(EYES, 1 + HAIR.length)]
  return [...hair, ...(hair.length ? ["hair"] : []), ...eyes, ...(eyes.length ? ["eyes"] : [])].join(" ") || "no colours"
}

// Noise number n is the same on every machine: mulberry32, and Box and Muller's normal numbers.
function latent(number, { dim, kind } = shown().latent) {
  let seed = Math.imul(number + 1, 0x9e3779b1)
  const uniform = () => {
    let t = seed = seed + 0x6d2b79f5 | 0
    t = Math.imul(t ^ t >>> 15, t | 1)
    t ^= t + Math.imul(t ^ t >>> 7, t | 61)
    return ((t ^ t >>> 14) >>> 0) / 2 ** 32
  }
  const normal = () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform())
  return Float32Array.from({ length: dim }, kind === "normal" ? normal : () => 2 * uniform() - 1)
}

function greatCircle(a, b, t) {
  const dot = (x, y) => x.reduce((sum, value, i) => sum + value * y[i], 0)
  const angle = Math.acos(Math.min(1, Math.max(-1, dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b)))))
  const [p, q] = Math.sin(angle) < 1e-6 ? [1 - t, t] : [1 - t, t].map(part => Math.sin(part * angle) / Math.sin(angle))
  return a.map((value, i) => p * value + q * b[i])
}

// Pictures.
function paint(canvas, { shape: [height, width, channels], data: values }, [low, high], words) {
  const image = new ImageData(width, height)
  for (let i = 0; i < width * height; i++) {
    for (let c = 0; c < 3; c++) image.data[4 * i + c] = (values[i * channels + c % channels] - low) / (high - low) * 255
    image.data[4 * i + 3] = 255
  }
  Object.assign(canvas, { width, height }).getContext("2d").putImageData(image, 0, 0)
  if (words) canvas.setAttribute("aria-label", words)
}

const face = (run, text, noise) => compute(`${run.name}/${state.kind}`, [vector(noise), vector(text)])
const shown = () => data.faces[state.start]
const range = run => data.networks[`${run.name}/${state.kind}`].range
const draw = async (canvas, run, text, noise, words) => {
  const answer = await face(run, text, noise)
  paint(canvas, answer.result, range(run), words)
  return answer
}

function radios(fieldset, name, entries, chosen) {
  for (const [value, label, colour] of entries) {
    const one = document.createElement("label"), words = document.createElement("span")
    one.innerHTML = `<input type="radio" name="${name}">`
    one.firstChild.value = value
    one.firstChild.checked = value === chosen
    if (colour) words.append(Object.assign(document.createElement("i"), { style: `background: rgb(${colour})` }))
    words.append(label)
    one.append(words)
    fieldset.append(one)
  }
}
