"""What people read: claims, sentences, figures, the page.

- captions: Titles and captions of the report's sections, pictures and tables. They hold no numbers.
- claims: Every claim of the literature beside our number for it: the ledger joined with a study's tables, and the
  verdicts.
- contents: All that the report of a study contains, read from the files of its results.
- display_tables: Tables and numbers as a person reads them: display tables and Markdown.
- figures: Charts for print, each a matplotlib Figure; save() writes one as PNG and SVG, the same bytes each time.
- image_panels: Panels of images: what a network saw, what it should have drawn, what it drew, what it was trained on.
- literature: Read the published claims: one row per number or statement, with the result of ours that answers it.
- page: The report of a study: one HTML page that needs nothing but itself, made from tables, pictures and sentences.
- size_curves: Scores against what a study varies in steps: the number of training images, the size of the network.
- study_figures: The figures of a study by file name: charts of its tables, images of each dataset, tracks of a test
  sequence.
- study_scores: What a study's tables say about a network on some images: its score, its difference to another, the
  trivial score.
- summary: The questions, findings and uncertainty of a study, in sentences made from its tables alone.
- track_figures: Cells in time, drawn: their tracks over the last frame, and how large they are and how fast they
  move.
- verdicts: What becomes of a claim: six verdicts by stated rules, from numbers alone.

For other packages: compare_claims; findings; learning_curves, ablation_forest, transfer_heatmap; qualitative;
tracks_over; Context, render.
"""
