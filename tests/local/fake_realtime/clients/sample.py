"""Send one SMS with requests, the way the vendor's Python users do; the address comes as the only argument."""

import json
import sys

import requests

TEXT = "libizon adikestr 85f0f569cb 1287c690e0"
message = {"recipients": ["+56900000000"], "message": {"charset": 0, "text": TEXT}, "sender": "96000"}
reply = requests.post(
    f"{sys.argv[1]}/api/sms",
    headers={"Content-Type": "application/json", "Authorization": "Bearer ***** Hidden credentials *****"},
    data=json.dumps(message),
    timeout=30,
)
sys.stdout.write(f"{reply.status_code}\n{reply.text}\n")
