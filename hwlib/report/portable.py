"""A Keras network as plain data, for code without Keras: `play-network.js` computes it in a page.

Known are the layers of the generators that the page shows; a layer or an option that is not known is refused by name.
"""

import base64
import zlib

import numpy as np


def portable(model):
    """A functional Keras model as a dict that JSON can hold.

    `inputs` and `output` are names of tensors, `steps` the layers in order, each a dict with `op`, the tensors it reads
    (`from`) and makes (`to`), its options, and `arrays`, the sizes of its weights, which lie one after the other in
    `weights`: float16, first all low bytes and then all high ones, which deflates better, deflated, in base64. Raises
    ValueError, one line, for what is not known.
    """
    described = model.get_config()
    steps, weights = [], []
    for layer in described["layers"]:
        if layer["class_name"] == "InputLayer":
            continue
        sources = _sources(layer)
        made = _translated(model, layer, [shape for _, shape in sources])
        names = [name for name, _ in sources]
        for i, (op, options, arrays) in enumerate(made):
            target = layer["name"] if i == len(made) - 1 else f"{layer['name']}/{i}"
            sizes = [int(array.size) for array in arrays]
            steps.append({"op": op, "from": names, "to": target, "arrays": sizes} | options)
            weights += [np.asarray(array, np.float32).ravel() for array in arrays]
            names = [target]
    stored = np.concatenate(weights or [np.zeros(0)])
    if stored.size and not np.abs(stored).max() < np.finfo(np.float16).max:
        raise ValueError(f"{model.name} has weights that float16 does not hold: it has diverged.")
    halves = stored.astype("<f2").view(np.uint8).reshape(-1, 2)
    inputs = described["input_layers"]
    return {
        "inputs": [name for name, _, _ in ([inputs] if isinstance(inputs[0], str) else inputs)],
        "output": described["output_layers"][0],
        "steps": steps,
        "weights": base64.b64encode(zlib.compress(halves.T.tobytes(), 9)).decode(),
    }


def _sources(layer):
    """(Name, shape without the batch) of each tensor that a layer reads."""
    if len(layer["inbound_nodes"]) != 1:
        raise _unknown(layer, "used more than once")
    found, open_ = [], list(layer["inbound_nodes"][0]["args"])
    while open_:
        one = open_.pop(0)
        if isinstance(one, list | tuple):
            open_ = [*one, *open_]
        elif isinstance(one, dict) and one.get("class_name") == "__keras_tensor__":
            found.append((one["config"]["keras_history"][0], tuple(one["config"]["shape"][1:])))
    return found


def _translated(model, layer, shapes):
    """What a layer does as a list of (op, options, arrays)."""
    config = layer["config"]
    for option, usual in USUAL.items():
        if config.get(option) not in (None, *usual):
            raise _unknown(layer, f"with {option}={config[option]}")
    match layer["class_name"]:
        case "Dense":
            made = [("dense", {}, _kernel_and_bias(model, layer))]
        case "Conv2D" if config["groups"] == 1:
            made = [("convolution", _window(config, shapes[0][:2]), _kernel_and_bias(model, layer))]
        case "Conv2DTranspose":
            kernel, bias = _kernel_and_bias(model, layer)
            size = model.get_layer(layer["name"]).output.shape[1:3]  # of what a convolution would make the input from
            made = [("transposed", _window(config, size) | {"size": size}, [kernel.transpose(0, 1, 3, 2), bias])]
        case "GroupNormalization" if config["groups"] == shapes[0][-1]:
            made = [("instance", {"epsilon": config["epsilon"]}, _values(model, layer, "gamma", "beta"))]
        case "ReLU" | "LeakyReLU":
            made = [("relu", {"slope": config["negative_slope"]}, [])]
        case "Activation":
            made = []
        case "Add" | "Concatenate":
            made = [(layer["class_name"].lower(), {}, [])]
        case "Reshape":
            made = [("reshape", {"shape": config["target_shape"]}, [])]
        case "Pad":
            made = [("reflect", {"by": config["pad_width"][1:3]}, [])]
        case _:
            groups = f"with {config['groups']} groups" if "groups" in config else ""
            raise _unknown(layer, groups)
    return [*made, *_activation(layer)] or [("reshape", {"shape": shapes[0]}, [])]


USUAL = {
    "data_format": ("channels_last",),
    "dilation_rate": (1, (1, 1)),
    "output_padding": (),
    "axis": (-1,),
    "max_value": (),
    "threshold": (0.0,),
    "mode": ("reflect",),
}
"""Option -> the values with which a layer is known, None beside."""


def _activation(layer):
    """The steps that a layer's own `activation` adds."""
    name = layer["config"].get("activation", "linear")
    known = {"linear": [], "relu": [("relu", {"slope": 0.0}, [])], "tanh": [("tanh", {}, [])]}
    known["sigmoid"] = [("sigmoid", {}, [])]
    if not isinstance(name, str) or name not in known:
        raise _unknown(layer, f"with activation={name}")
    return known[name]


def _window(config, size):
    """Kernel, stride and the rows and columns that padding puts before an image of `size`, of a convolution of it."""
    same, before = config["padding"] == "same", [0, 0]
    if same:
        parts = zip(size, config["kernel_size"], config["strides"], strict=True)
        before = [max((-(-n // stride) - 1) * stride + kernel - n, 0) // 2 for n, kernel, stride in parts]
    return {"kernel": config["kernel_size"], "stride": config["strides"], "before": before, "same": same}


def _kernel_and_bias(model, layer):
    """A layer's kernel and its bias, zeros where it has none."""
    (kernel,) = _values(model, layer, "kernel")
    filters = layer["config"].get("filters") or layer["config"]["units"]
    return [kernel, *(_values(model, layer, "bias") if layer["config"]["use_bias"] else [np.zeros(filters)])]


def _values(model, layer, *names):
    variables = [getattr(model.get_layer(layer["name"]), name) for name in names]
    if any(variable is None for variable in variables):
        raise _unknown(layer, "without a scale or an offset")
    return [np.asarray(variable) for variable in variables]


def _unknown(layer, how=""):
    what = f'layer "{layer["name"]}" ({layer["class_name"]})'
    return ValueError(
        f"A page cannot compute the {' '.join([what, how]).strip()}: hwlib/report/portable.py knows none."
    )
