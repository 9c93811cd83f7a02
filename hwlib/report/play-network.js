// A network computed layer by layer, one image at a time, in a Worker of the page.
// A tensor is {shape, data}: shape [n] or [height, width, channels], data a Float32Array, channels innermost. A layer
// takes a list of tensors, its step (see portable.py) and its weights, and returns a tensor.

const tensor = shape => ({ shape, data: new Float32Array(shape.reduce((a, b) => a * b)) })
const mapped = (x, f) => ({ shape: x.shape, data: x.data.map(f) })

// y[at...] += x[from...] times a matrix [n, filters] that begins at `start` of the weights.
function accumulate(y, at, x, from, n, weights, start, filters) {
  for (let i = 0; i < n; i++) {
    const value = x[from + i], row = start + i * filters
    if (value) for (let f = 0; f < filters; f++) y[at + f] += value * weights[row + f]
  }
}

// Calls visit(small, large, tap) for all positions that a kernel joins: pixels of the map that its stride has made
// small, and of the large one, and the tap of the kernel between them.
function slide([rows, columns], [height, width], { kernel, stride, before }, visit) {
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++)
      for (let i = 0; i < kernel[0]; i++) {
        const y = row * stride[0] + i - before[0]
        if (y < 0 || y >= height) continue
        for (let j = 0; j < kernel[1]; j++) {
          const x = column * stride[1] + j - before[1]
          if (x >= 0 && x < width) visit(row * columns + column, y * width + x, i * kernel[1] + j)
        }
      }
}

const filled = (shape, bias) => {
  const y = tensor(shape)
  for (let at = 0; at < y.data.length; at += bias.length) y.data.set(bias, at)
  return y
}

const layers = {
  dense([x], step, weights, bias) {
    const y = filled([bias.length], bias)
    accumulate(y.data, 0, x.data, 0, x.data.length, weights, 0, bias.length)
    return y
  },

  convolution([x], step, weights, bias) {
    const [height, width, n] = x.shape, filters = bias.length
    const rows = (size, axis) => Math.ceil((step.same ? size : size - step.kernel[axis] + 1) / step.stride[axis])
    const y = filled([rows(height, 0), rows(width, 1), filters], bias)
    slide(y.shape, x.shape, step, (small, large, tap) =>
      accumulate(y.data, small * filters, x.data, large * n, n, weights, tap * n * filters, filters))
    return y
  },

  transposed([x], step, weights, bias) {
    const n = x.shape[2], filters = bias.length, y = filled([...step.size, filters], bias)
    slide(x.shape, y.shape, step, (small, large, tap) =>
      accumulate(y.data, large * filters, x.data, small * n, n, weights, tap * n * filters, filters))
    return y
  },

  instance([x], step, gamma, beta) {
    const n = gamma.length, pixels = x.data.length / n, mean = new Float64Array(n), square = new Float64Array(n)
    x.data.forEach((value, i) => { mean[i % n] += value / pixels })
    x.data.forEach((value, i) => { square[i % n] += (value - mean[i % n]) ** 2 / pixels })
    return mapped(x, (value, i) =>
      gamma[i % n] * (value - mean[i % n]) / Math.sqrt(square[i % n] + step.epsilon) + beta[i % n])
  },

  reflect([x], { by }) {
    const [height, width, n] = x.shape
    const [rows, columns] = [height, width].map((size, axis) => size + by[axis][0] + by[axis][1])
    const inside = (at, size) => at < 0 ? -at : at < size ? at : 2 * (size - 1) - at
    const y = tensor([rows, columns, n])
    for (let row = 0; row < rows; row++)
      for (let column = 0; column < columns; column++) {
        const at = (inside(row - by[0][0], height) * width + inside(column - by[1][0], width)) * n
        y.data.set(x.data.subarray(at, at + n), (row * columns + column) * n)
      }
    return y
  },

  add: inputs => mapped(inputs[0], (value, i) => inputs.reduce((sum, x) => sum + x.data[i], 0)),

  concatenate(inputs) {
    const y = tensor([inputs.reduce((sum, x) => sum + x.data.length, 0)])
    inputs.reduce((at, x) => (y.data.set(x.data, at), at + x.data.length), 0)
    return y
  },

  reshape: ([x], { shape }) => ({ shape, data: x.data }),
  relu: ([x], { slope }) => mapped(x, value => value > 0 ? value : slope * value),
  tanh: ([x]) => mapped(x, Math.tanh),
  sigmoid: ([x]) => mapped(x, value => 1 / (1 + Math.exp(-value))),
}

// The weights of a network: base64, deflated, float16, all low bytes before all high ones.
async function unpacked(text) {
  const bytes = Uint8Array.from(atob(text), letter => letter.charCodeAt(0))
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"))
  const halves = new Uint8Array(await new Response(stream).arrayBuffer()), n = halves.length / 2
  return Float32Array.from({ length: n }, (_, i) => {
    const low = halves[i], high = halves[n + i], exponent = high >> 2 & 31, fraction = (high & 3) << 8 | low
    return (high >> 7 ? -1 : 1) * (exponent ? 2 ** (exponent - 25) * (1024 + fraction) : 2 ** -24 * fraction)
  })
}

async function ready(network) {
  const weights = await unpacked(network.weights)
  let at = 0
  for (const step of network.steps) step.values = step.arrays.map(size => weights.subarray(at, at += size))
  return network
}

function computed(network, inputs) {
  const found = Object.fromEntries(network.inputs.map((name, i) => [name, inputs[i]]))
  for (const step of network.steps)
    found[step.to] = layers[step.op](step.from.map(name => found[name]), step, ...step.values)
  return found[network.output]
}

let networks
onmessage = async ({ data }) => {
  if (data.networks) return void (networks = data.networks)
  try {
    const network = await (networks[data.network].ready ??= ready(networks[data.network]))
    const begun = performance.now(), result = computed(network, data.inputs)
    postMessage({ id: data.id, result, milliseconds: performance.now() - begun })
  } catch (error) {
    postMessage({ id: data.id, error: String(error) })
  }
}
