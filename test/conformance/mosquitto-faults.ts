/** The release whose faults these are: that of Debian 12. */
export const MOSQUITTO_RELEASE = '2.0.11'

const ANY_FLAGS = 'PINGREQ with reserved flags (c1 00) is answered by PINGRESP'
const TEXT_FRAME = 'a CONNECT in a text frame is answered by CONNACK'

/** Cases that Mosquitto fails, by title, with what it does instead; each was seen with other bytes than the suite's. */
export const MOSQUITTO_FAULTS: Readonly<Record<string, string>> = {
  'v5 [MQTT-2.1.3-1] other reserved flags close the connection': ANY_FLAGS,
  'v5 [MQTT-3.1.2-25] what is too large takes no room in the window':
    'messages above the Maximum Packet Size use up the Receive Maximum: nothing comes after them',
  'v5 [MQTT-3.1.4-3] the first of two connections of a client gets 0x8E and is closed':
    'the first connection is closed without DISCONNECT',
  'v5 [MQTT-3.3.2-14] a Response Topic with wildcards reaches nobody': 'it is passed on',
  'v5 [MQTT-3.3.4-9] no more than Receive Maximum messages are unacknowledged':
    'with a Receive Maximum of 2 one PUBACK brings two messages, so three are unacknowledged',
  'v5 [MQTT-3.8.3-4] No Local on a Shared Subscription closes the connection': 'it is granted',
  'v5 [MQTT-3.8.4-3] an identical filter replaces No Local and Retain As Published': 'the first options stay',
  'v5 [MQTT-4.3.3-7] a QoS 2 message that was sent does not expire': 'it is dropped on reconnect',
  'v5 [MQTT-4.8.2-1] a Share Name is needed': '$share//x is granted',
  'v5 [MQTT-4.8.2-2] a Share Name has no wildcards, and a Topic Filter follows': '$share/a is granted',
  'v5 [MQTT-6.0.0-1] a text frame closes the connection': TEXT_FRAME,
  'v3.1.1 [MQTT-2.2.2-2] other reserved flags close the connection': ANY_FLAGS,
  'v3.1.1 [MQTT-4.8.0-1] reserved flags close the connection': ANY_FLAGS,
  'v3.1.1 [MQTT-6.0.0-1] a text frame closes the connection': TEXT_FRAME,
}

/** What is known of a failed case of a broker, by hand. */
export function knownFaultOf(name: string, release: string, title: string): string | undefined {
  return name === 'Mosquitto' && release === MOSQUITTO_RELEASE ? MOSQUITTO_FAULTS[title] : undefined
}
