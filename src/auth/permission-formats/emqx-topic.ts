import type { Permission } from '../../core/permissions.ts'
import { validTopicFilter } from '../../protocol/topic.ts'
import { grant, validTemplate } from './token-permissions.ts'

const LITERAL = 'eq '

/** A topic of EMQX: a Topic Filter with `${clientid}` and `${username}`, or after `eq` a text that stands for itself. */
export function emqxTopic(topic: unknown, from: string): Permission | undefined {
  if (typeof topic !== 'string') return undefined
  if (topic.startsWith(LITERAL)) {
    const text = topic.slice(LITERAL.length)
    return validTopicFilter(text) ? { ...grant(text, [], from), syntax: 'literal' } : undefined
  }
  const template = topic.replaceAll('${clientid}', '${mqtt-clientid}').replaceAll('${username}', '${mqtt-username}')
  return validTemplate(template) ? grant(template, [], from) : undefined
}
