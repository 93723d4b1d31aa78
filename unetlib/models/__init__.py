"""The networks that ship with unetlib: known by their names, each with its card.

- card: The card of a shipped network: what it is for, what it was trained on, how good it is, and which files it has.
- registry: The shipped networks by name, and what a person means who names a network.
- resemblance: Say where an image does not look like the images that a shipped network was trained on.
- shipped/: One folder per network: model.pt, prediction.json, card.json, card.md, and example.png where its licence
  allows. `python -m tools.ship_model` writes them.

For other packages: shipped_models, find_network; read_card; Resemblance.
"""
