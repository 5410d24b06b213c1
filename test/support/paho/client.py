"""Connects paho-mqtt, old (1.6) or new (2.x), with a token as the password."""

import sys

import paho.mqtt.client as mqtt

VERSIONS = {"3.1.1": mqtt.MQTTv311, "5": mqtt.MQTTv5}


def connect_client(port, version, client_id, token, will=None):
    """Returns a client that the broker has let in; ends the program when it is refused."""
    settings = {"client_id": client_id, "protocol": VERSIONS[version]}
    if hasattr(mqtt, "CallbackAPIVersion"):
        client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION1, **settings)
    else:
        client = mqtt.Client(**settings)
    client.username_pw_set("token-user", token)
    if will is not None:
        client.will_set(*will)
    answers = []
    client.on_connect = lambda *details: answers.append(details[3])
    client.connect("127.0.0.1", port, keepalive=60)
    while not answers:
        client.loop(timeout=1.0)
    if answers[0] != 0:
        sys.exit(f"refused: {answers[0]}")
    return client
