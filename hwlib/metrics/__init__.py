"""What is measured of generated images, each with its units and its scale."""
