"""What one does with a trained network: draw faces for texts, translate or restyle one's own pictures.

Begin with `generation`; `coursework` writes what the course asks to hand in.
"""
