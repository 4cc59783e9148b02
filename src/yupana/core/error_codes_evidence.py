"""Codes of packs and evidence, Y2: title, meaning, remedy; read through :mod:`yupana.core.error_codes`."""

from __future__ import annotations

EVIDENCE_CODES: dict[str, tuple[str, str, str]] = {
    "Y201": (
        "File missing",
        "The pack lacks a file that it must have.",
        "Write the file, or name it in pack.yaml.",
    ),
    "Y202": (
        "File not readable as text",
        "The file is binary or not encoded in UTF-8.",
        "Save the file as UTF-8 text.",
    ),
    "Y203": ("File empty", "The file holds nothing.", "Fill the file, or remove it where it is optional."),
    "Y204": ("Broken YAML", "The YAML cannot be parsed.", "Mend the line that the message names."),
    "Y205": ("Key given twice", "A YAML mapping holds one key twice.", "Remove one of the two."),
    "Y206": (
        "Unknown key or column",
        "The file holds a key or column that its schema does not know.",
        "Remove it or correct its spelling; the schemas stand in docs/reference/schemas.",
    ),
    "Y207": (
        "Wrong value",
        "A value has the wrong type or lies outside its range.",
        "Write a value as the message expects.",
    ),
    "Y208": ("Key or column missing", "A required key or column is not there.", "Add it."),
    "Y209": ("Id given twice", "Two entries carry one id.", "Rename one, or remove the repeated entry."),
    "Y210": (
        "Unknown reference",
        "An entry refers to an id that exists nowhere in the pack.",
        "Correct the id or add what it refers to.",
    ),
    "Y211": (
        "Unknown unit",
        "The unit is not in the table of units.",
        "Use a unit of the table in docs/reference/units.md.",
    ),
    "Y212": (
        "Unlike things added",
        "Figures of different basis, kind, unit or account were to be added.",
        "Convert them first, or do not add them.",
    ),
    "Y213": (
        "Figure and parent together",
        "A likelihood held a figure and one it is derived from, or one measurement twice.",
        "Keep only the parents, or only the derived figure.",
    ),
    "Y214": (
        "Unverified figure in a likelihood",
        "A low-confidence, recalled or judged row was to anchor a fit.",
        "Leave the row out.",
    ),
    "Y215": (
        "Coordinates too fine",
        "A pack may hold shapes of departments and monitored zones, never points.",
        "Remove the points, latitudes and longitudes.",
    ),
    "Y216": (
        "Row without source",
        "A row cites no source, or a source without title or publisher.",
        "Name the source in sources.csv and cite its id.",
    ),
    "Y217": (
        "Prior cites a later row",
        "A prior rests on a row dated after it may look.",
        "Cite rows dated 2003 or earlier for the start, 2016 or earlier otherwise.",
    ),
    "Y218": (
        "Broken CSV",
        "A line of a CSV file has more or fewer cells than its header.",
        "Quote cells that hold commas; give every line as many cells as the header.",
    ),
    "Y219": ("Not a finite number", "A number is nan, infinite or not a number.", "Write a finite number."),
    "Y220": ("Pack check failed", "The pack has the problems listed.", "Mend each of them and check again."),
    "Y221": (
        "Circular derivation",
        "Rows or scenarios are derived from each other in a circle.",
        "Break the circle.",
    ),
    "Y222": (
        "Period not understood",
        "start and end are not years or ISO dates in order.",
        "Write start and end as YYYY or YYYY-MM-DD with start not after end.",
    ),
    "Y223": ("Unknown row", "No evidence row has that id.", "Run `yupana evidence list`."),
    "Y231": (
        "Number of lists not usable",
        "An estimate from lists needs 2 to 12 of them.",
        "Give at least two lists that share people; join lists of one kind where there are more than 12.",
    ),
    "Y232": (
        "Count not usable",
        "A number of people is negative, not whole, or no number.",
        "Write whole numbers, 0 or more, without thousands separators.",
    ),
    "Y233": (
        "Capture pattern not usable",
        "A pattern or term does not fit the lists: wrong length, a sign other than 0 and 1, an unknown list.",
        "Write one 0 or 1 for each list, in the order of the lists.",
    ),
    "Y234": (
        "No overlap at all",
        "Nobody stands on two lists, so nothing links what was seen to what was not.",
        "Match people across lists again, or use a method for a single list.",
    ),
    "Y235": (
        "No estimate",
        "None of the specifications asked for has an estimate.",
        "Read the reasons in the table; ask for simpler models, or bring a list that overlaps more.",
    ),
    "Y236": (
        "Table of lists not readable",
        "The file is missing, empty, or its columns are not lists of 0 and 1 with a count.",
        "Write a CSV with one 0/1 column a list and `count`, or one row a person without `count`.",
    ),
    "Y241": (
        "No balance",
        "The pack declares no mass balance to reconcile.",
        "Add balance.yaml, or name a pack that has one.",
    ),
    "Y242": (
        "Balance not usable",
        "A quantity, link, prior or arrow of balance.yaml leads nowhere or stands twice.",
        "Mend balance.yaml; `yupana pack check` names the entry.",
    ),
    "Y243": (
        "Row of unlike basis",
        "A row has another basis, or lies outside the range, of the quantity that it would measure.",
        "Give its quantity's link a purity, mend the row, or measure another quantity.",
    ),
    "Y244": (
        "Balance did not settle",
        "The iteration for the reconciled values found no resting point, or samples are not to be trusted.",
        "Look for a row that is wrong by orders of size.",
    ),
    "Y245": (
        "Row measures nothing",
        "A row was to be data of a balance that has no such quantity, place or year.",
        "Name the quantity under `data` of balance.yaml, or choose other years.",
    ),
    "Y246": (
        "Reconciliation not understood",
        "An anchor, solver or year that a reconciliation does not know.",
        "Give one of those that the message names.",
    ),
    "Y247": (
        "Linear balance not usable",
        "Shapes, variances or covariances of a balance do not make a system that can be solved.",
        "Give finite numbers in matching shapes and variances above 0; what is exact is an equation.",
    ),
    "Y248": (
        "Balance not determined",
        "Neither data nor priors nor equations determine a quantity, or equations contradict each other.",
        "Add a datum or a prior for the quantities named, or drop one of the equations.",
    ),
    "Y251": (
        "Mass and price of unlike things",
        "A mass was to be valued at a price that is paid for something else, such as pure mass at a bulk "
        "price.",
        "Give the purity of the good whose price it is, or a price of the same basis.",
    ),
    "Y252": (
        "No accounts declared",
        "The pack has no accounts.yaml, so nothing says which mass is valued at which price.",
        "Write accounts.yaml; its schema stands in docs/reference/schemas.",
    ),
    "Y253": (
        "Year not reconciled",
        "Accounts were asked for a year that the reconciliation does not hold.",
        "Ask for one of the years that the message prints.",
    ),
    "Y254": (
        "No stage can be valued",
        "No link of the chain at home has both a reconciled mass and a price.",
        "Add a price near the year to the evidence, or correct the names in accounts.yaml.",
    ),
    "Y256": (
        "Sheet not readable",
        "The file is not a spreadsheet or a CSV file that can be read.",
        "Save it as .xlsx, or as CSV in UTF-8.",
    ),
    "Y257": (
        "No table of facts",
        "No sheet holds a header of facts or sources, or there is no row below it.",
        "Start from `yupana evidence template OUT.xlsx`.",
    ),
    "Y258": (
        "Cell not usable",
        "A cell can be read in more than one way, or holds no value of its own.",
        "Write what the message offers.",
    ),
    "Y259": (
        "Nothing imported",
        "Rows of the sheet were refused, so none was added; or the pack changed meanwhile.",
        "Mend the cells listed, or add the good rows with --keep-good.",
    ),
    "Y260": (
        "Pack is read-only",
        "Packs that come with Yupana are not changed.",
        "Copy the pack with `yupana pack copy NAME DIR` and import with --pack DIR.",
    ),
    "Y261": (
        "Row differs from the pack's",
        "The pack has a row of that id, and it says something else.",
        "Give a revised figure a new id, or edit the row in its CSV file.",
    ),
    "Y262": (
        "Sources of a run unknown",
        "The pack is not as it was when the run was made, so what the run used cannot be told.",
        "Name the unchanged pack with --pack, or run the study again.",
    ),
    "Y263": (
        "Quantiles out of order",
        "An expert's quantiles do not rise with their probability.",
        "Ask the expert again; write q05 < q50 < q95.",
    ),
    "Y264": (
        "Quantile missing",
        "A quantile column or cell is missing, or is no number.",
        "Give every expert's quantiles for every question, in columns such as q05, q50, q95.",
    ),
    "Y265": (
        "No seed question",
        "No question has a known truth, so experts cannot be scored.",
        "Add seed questions with a `truth`, about ten; until then pool with equal weights.",
    ),
    "Y266": (
        "Expert judgements not usable",
        "The table is missing or empty, an answer stands twice, or an expert left a question open.",
        "Write one row for each expert and question, with columns expert, question and quantiles.",
    ),
    "Y267": (
        "Dispute not usable",
        "An entry of disputes.yaml names rows that cannot be compared.",
        "Name rows with figures above zero whose units convert into each other.",
    ),
}
