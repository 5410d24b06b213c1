const RESERVED = ['$SYS/', '$share/', '$CONTROL/']

/** Whether a Topic Name belongs to the broker, so that no client may publish to it, whatever its permissions. */
export function reservedTopic(topicName: string): boolean {
  return topicName.startsWith('$') && RESERVED.some(prefix => topicName.startsWith(prefix))
}
