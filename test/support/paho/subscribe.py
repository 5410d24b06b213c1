"""Subscribes with QoS 2, prints `subscribed`, then one line per message: topic name, QoS, retain flag, payload."""

import argparse
import os

from client import connect_client

arguments = argparse.ArgumentParser()
arguments.add_argument("--port", type=int, required=True)
arguments.add_argument("--version", choices=["3.1.1", "5"], required=True)
arguments.add_argument("--id", required=True)
arguments.add_argument("--topic-filter", required=True)
options = arguments.parse_args()


def on_message(_client, _userdata, message):
    payload = message.payload.decode()
    print(message.topic, message.qos, int(message.retain), payload, flush=True)


def on_subscribe(*_details):
    print("subscribed", flush=True)


client = connect_client(options.port, options.version, options.id, os.environ["MQTT_TOKEN"])
client.on_message = on_message
client.on_subscribe = on_subscribe
client.subscribe(options.topic_filter, qos=2)
client.loop_forever()
