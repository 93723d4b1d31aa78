"""The networks that ship with unetlib; each has a name and a card that describes it.

- card: The card of a shipped network: its purpose, training data, scores and files.
- registry: Shipped networks by name, and the resolution of a name or path to a network.
- resemblance: Warn where an image differs in appearance from the training images of a shipped network.
- shipped/: One folder per network: model.pt, prediction.json, card.json, card.md, and example.png where its licence
  allows. `python -m tools.ship_model` writes them.

For other packages: shipped_models, find_network; read_card; Resemblance.
"""
