"""Neural style transfer (Gatys, Ecker and Bethge 2016): the content of one picture in the style of others.

Begin with `transfer`; its `losses` are minimised over the pixels by `optimise`.
"""
