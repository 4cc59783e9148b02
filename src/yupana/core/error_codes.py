"""Every error code once: title, meaning, remedy.

Y1 usage, Y2 packs and evidence, Y3 scenarios, Y4 runs, Y5 priors, model and fits, Y6 claims, Y9 the machine.
"""

from __future__ import annotations

from yupana.core.error_codes_evidence import EVIDENCE_CODES

CODES: dict[str, tuple[str, str, str]] = {
    # Y1: usage
    "Y101": (
        "Unknown command or option",
        "The command line holds a word that no verb knows.",
        "Read `yupana --help` or `yupana VERB --help`.",
    ),
    "Y102": (
        "Value out of range",
        "An option or argument has the wrong type or lies outside its range.",
        "Give a value within the range that the message prints.",
    ),
    "Y103": (
        "Unknown pack",
        "No pack of that name is shipped and no folder of that name holds a pack.yaml.",
        "Run `yupana pack list`, or give the path of a folder that holds a pack.yaml.",
    ),
    "Y104": (
        "Years in the wrong order",
        "The end of the run lies before its start, or outside the pack.",
        "Choose start and end within the years that the pack covers.",
    ),
    "Y105": (
        "Output folder not usable",
        "The folder holds another run, other files, or is a regular file.",
        "Choose a new folder with --out.",
    ),
    "Y106": (
        "Unknown run",
        "No run has that id and no folder of that name holds a run.",
        "Run `yupana runs list`, or give the run's folder.",
    ),
    "Y107": ("Unknown variable", "The model has no variable of that name.", "Run `yupana pack variables`."),
    "Y108": (
        "Unknown place",
        "The pack has no place of that name in that dimension.",
        "Use one of the places that the message prints; places stand in places.yaml.",
    ),
    "Y109": (
        "Unknown format",
        "The export or report format is not known.",
        "Use one of the formats that the message prints.",
    ),
    "Y110": (
        "Options that exclude each other",
        "Two options cannot be given together.",
        "Leave one of them out.",
    ),
    "Y111": ("Nothing to show", "No row, run or variable passes the filters.", "Loosen the filters."),
    "Y112": (
        "Run not finished",
        "The run was stopped before its last chunk was written.",
        "Finish it with the command that the message prints (`--resume`).",
    ),
    # Y2: packs and evidence
    **EVIDENCE_CODES,
    # Y3: scenarios
    "Y301": (
        "Unknown scenario",
        "The pack has no scenario of that name and no such file exists.",
        "Run `yupana pack scenarios`, or give a file that ends in .yaml.",
    ),
    "Y302": (
        "Unknown lever",
        "The scenario moves a lever that the pack does not have.",
        "Run `yupana pack levers`.",
    ),
    "Y303": (
        "Lever out of range",
        "The value lies outside the lever's range.",
        "Choose a value within the range that `yupana pack levers` prints.",
    ),
    "Y304": (
        "Lever value not understood",
        "A lever takes a multiple (3), an absolute value (\"20000 ha\") or steps ({2013: 3, 2015: 1}).",
        "Write one of these three forms.",
    ),
    "Y305": (
        "Scenarios extend each other",
        "A scenario extends itself, directly or through others.",
        "Break the circle.",
    ),
    "Y306": (
        "Parameter not open to scenarios",
        "A scenario sets a parameter that is unknown, or that would decide the answer by itself.",
        "Set one of the parameters that the message lists.",
    ),
    "Y307": (
        "Setting without a basis",
        "A structural setting names neither rows of the evidence nor a judgement, or both.",
        "Give exactly one of `source: [row-id]` and `judged: \"why\"`.",
    ),
    "Y308": (
        "Structural setting not understood",
        "A structural setting takes one of value, multiple, or q05 with q95, within the parameter's bounds.",
        "Write one of these three forms with numbers that the parameter can have.",
    ),
    # Y4: runs
    "Y401": (
        "Run of another version",
        "The run folder was written by a version with another layout.",
        "Run the study again, or read the folder with the version that the message names.",
    ),
    "Y402": (
        "Chunk corrupted",
        "A chunk of the run cannot be read or its hash differs from the manifest.",
        "Delete the chunk and run again with --resume.",
    ),
    "Y403": (
        "Manifest not readable",
        "The run folder's manifest is missing, empty or not valid.",
        "Run the study again.",
    ),
    "Y404": (
        "Runs not comparable",
        "Two runs or scenarios do not share draws, years or variables.",
        "Make both with the same seed, draws and years.",
    ),
    "Y405": (
        "Too many failed members",
        "So many members failed that no answer can be given.",
        "Read the reasons by code; check the priors and levers of the run.",
    ),
    # Y5: priors, model and fits
    "Y501": (
        "Prior not usable",
        "The quantiles, bounds or places of a prior do not make a distribution.",
        "Give q05 < q95 within the bounds of the family.",
    ),
    "Y502": (
        "Driver incomplete",
        "A driver lacks years, places or a unit that the model needs.",
        "Add the rows, or say in drivers.yaml what holds before and after.",
    ),
    "Y503": (
        "Pack does not fit the model",
        "The pack lacks a prior, driver, lever target or place that the model needs, or holds one that it "
        "does not know.",
        "Add, rename or remove it.",
    ),
    "Y504": (
        "Setting not usable",
        "A setting of the study has the wrong type or lies outside its range.",
        "Give a value within the range that the message prints.",
    ),
    "Y505": (
        "Unknown fit",
        "No fit has that id and no folder of that name holds a fit.",
        "Run `yupana fit`, or give the fit's folder.",
    ),
    "Y506": (
        "Fit that failed a gate",
        "The draws of a fit that failed a check were to be used as if it had passed.",
        "Read `yupana diagnose FIT`; use it with --allow-failed, and every output will say so.",
    ),
    "Y507": (
        "Nothing to fit to",
        "The pack declares no likelihood, or no row of its ledger may enter it.",
        "Write likelihood.yaml, and check that rows of its variables are verified and within the years.",
    ),
    "Y508": (
        "Fit of another model",
        "The fit was made with another pack, other priors or another version of the model.",
        "Fit again, or install the version that the fit names.",
    ),
    "Y509": (
        "No such study",
        "The pack's studies.yaml does not name that study, or the pack has no such file.",
        "Name one that the message lists, or write studies.yaml.",
    ),
    "Y510": (
        "Draws that were fitted already",
        "Prior draws were to be weighted by facts that these draws have been fitted to.",
        "Use a run from the priors: `yupana run --prior`.",
    ),
    "Y511": (
        "Stale shipped fit",
        "The fit that comes with a pack was made from other figures, priors or drivers, or another model.",
        "Draw from the priors with --prior, or fit again and name the fit with --posterior.",
    ),
    "Y512": (
        "No such question",
        "The pack's rival_models.yaml holds no question of that id, or the pack has no such file.",
        "Name one that the message lists, or write rival_models.yaml.",
    ),
    "Y513": (
        "No error of form",
        "The pack comes without an estimate of what the equations get wrong, or it knows later figures.",
        "Leave --form-error out.",
    ),
    # Y6: claims
    "Y601": ("Claim not usable", "A claim or one of its readings is not understood.", "Mend claims.yaml."),
    "Y602": (
        "Evidence does not suffice",
        "An estimate was asked for from rows that do not allow it.",
        "Loosen the filters or choose another reading.",
    ),
    # Y9: the machine
    "Y901": (
        "No permission",
        "A file or folder may not be read or written.",
        "Change its permissions or choose another place.",
    ),
    "Y902": (
        "Disk full",
        "The disk has no room left.",
        "Free some room, or choose another --out, and --resume.",
    ),
    "Y903": ("Out of memory", "The machine has no memory left.", "Run with fewer scenarios or threads."),
    "Y904": (
        "File cannot be written or read",
        "The operating system refused a file operation.",
        "Read the reason in the message.",
    ),
    "Y999": (
        "Unexpected",
        "Something went wrong that no one foresaw: a defect of Yupana.",
        "Run again with YUPANA_DEBUG=1 and report what it prints.",
    ),
}
"""code -> (title, meaning, remedy)."""
