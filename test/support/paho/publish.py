"""Publishes one message and ends once it is acknowledged; with --will it waits to be killed instead."""

import argparse
import os

from client import connect_client

arguments = argparse.ArgumentParser()
arguments.add_argument("--port", type=int, required=True)
arguments.add_argument("--version", choices=["3.1.1", "5"], required=True)
arguments.add_argument("--id", required=True)
arguments.add_argument("--topic-name", required=True)
arguments.add_argument("--qos", type=int, default=0)
arguments.add_argument("--payload", required=True)
arguments.add_argument("--retain", action="store_true")
arguments.add_argument("--will", action="store_true", help="the message is the Will Message")
options = arguments.parse_args()

message = (options.topic_name, options.payload, options.qos, options.retain)
token = os.environ["MQTT_TOKEN"]

if options.will:
    client = connect_client(options.port, options.version, options.id, token, will=message)
    print("connected", flush=True)
    client.loop_forever()
else:
    client = connect_client(options.port, options.version, options.id, token)
    client.loop_start()
    client.publish(*message).wait_for_publish()
    client.disconnect()
    client.loop_stop()
