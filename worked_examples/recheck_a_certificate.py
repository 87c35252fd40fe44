"""Store an answer, re-check it with integers alone, change one number and see where the re-check fails."""

import json
import tempfile
from pathlib import Path

import symdyn as sd
from symdyn.certificate.canonical import digest
from symdyn.certificate.verify import verify_text

answer = sd.conservation_laws(sd.networks.linear(5, 3, 2))
with tempfile.TemporaryDirectory() as folder:
    path = Path(folder) / "laws.json"
    path.write_text(answer.json(), encoding="utf-8")
    ((name, result),) = verify_text(path.read_text(encoding="utf-8"))
    print(result.verdict, "-", result.reason)

    forged = json.loads(path.read_text(encoding="utf-8"))["certificate"]
    forged["witness"]["parts"][0]["laws"][0]["terms"][0][0] = 2
    ((name, result),) = verify_text(json.dumps(forged))
    print(result.verdict, "-", result.reason)

    signed = {key: value for key, value in forged.items() if key not in ("sha256", "provenance")}
    ((name, result),) = verify_text(json.dumps({**signed, "sha256": digest(signed)}))
    print(result.verdict, "-", result.reason)
