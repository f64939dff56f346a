"""
What librdkafka takes to send the same bytes. Arguments: BROKERS TOPIC. Each line of standard input names a file with a batch of
messages in each of its lines, JSON: key, value (base64) and timestamp (ms) of each. Prints the seconds until all of them were
acknowledged: first a batch sent after the one before is acknowledged, then all that are there, in batches and in flight as
librdkafka's own settings have it.
"""

import base64
import json
import sys
import time

from confluent_kafka import Producer


def main(brokers, topic):
    producer = Producer(
        {
            "bootstrap.servers": brokers,
            "acks": "all",
            "partitioner": "murmur2_random",  # that of Kafka's own clients
            "on_delivery": check,
        }
    )
    for line in sys.stdin:
        batches = read(line.rstrip("\n"))
        one_by_one = time_of(lambda: [send(producer, topic, batch) for batch in batches])
        at_once = time_of(lambda: send(producer, topic, [message for batch in batches for message in batch]))
        print(json.dumps([one_by_one, at_once]), flush=True)


def read(path):
    with open(path) as file:
        return [
            [(key, base64.b64decode(value), timestamp) for key, value, timestamp in json.loads(line)] for line in file
        ]


def send(producer, topic, messages):
    for key, value, timestamp in messages:
        producer.produce(topic, value, key, timestamp=timestamp)
    producer.flush()


def check(error, _):
    if error is not None:
        sys.exit(f"not delivered: {error}")


def time_of(action):
    since = time.perf_counter()
    action()
    return time.perf_counter() - since


main(*sys.argv[1:])
