#!/bin/sh
# Send one SMS with curl; the address is the only argument.
curl --silent --show-error --max-time 30 --request POST "$1/api/sms" \
  --header 'Content-Type: application/json' \
  --header 'Authorization: Bearer ***** Hidden credentials *****' \
  --write-out '\n%{http_code}\n' \
  --data '{"recipients": ["+56900000000"], "sender": "96000",
    "message": {"charset": 0, "text": "libizon adikestr 85f0f569cb 1287c690e0"}}'
