import { placeholdersOf } from '../core/permission-placeholders.ts'
import type { Activity, Permission } from '../core/permissions.ts'
import type { QoS } from '../protocol/packets.ts'
import { validTopicFilter } from '../protocol/topic.ts'
import { EseElement, textElement } from './ese-element.ts'
import type { EseFile } from './ese-element.ts'
import { quoted, readChoice, readText } from './ese-value.ts'
import type { XmlElement } from './xml-document.ts'

const ACTIVITIES: Readonly<Record<'PUBLISH' | 'SUBSCRIBE' | 'ALL', readonly Activity[]>> = {
  PUBLISH: ['publish'],
  SUBSCRIBE: ['subscribe'],
  ALL: ['publish', 'subscribe'],
}
type QosChoice = 'ZERO' | 'ONE' | 'TWO' | 'ZERO_ONE' | 'ZERO_TWO' | 'ONE_TWO' | 'ALL'
const QOS: Readonly<Record<QosChoice, readonly QoS[]>> = {
  ZERO: [0],
  ONE: [1],
  TWO: [2],
  ZERO_ONE: [0, 1],
  ZERO_TWO: [0, 2],
  ONE_TWO: [1, 2],
  ALL: [0, 1, 2],
}
const RETAIN: Readonly<Record<'RETAINED' | 'NOT_RETAINED' | 'ALL', Permission['retain']>> = {
  RETAINED: 'retained',
  NOT_RETAINED: 'not-retained',
  ALL: 'any',
}
const SHARED: Readonly<Record<'SHARED' | 'NOT_SHARED' | 'ALL', Permission['shared']>> = {
  SHARED: 'shared',
  NOT_SHARED: 'not-shared',
  ALL: 'any',
}

/** Reads the `<permissions>` of a user or role of a realm file. */
export function readRealmPermissions(file: EseFile, xml: XmlElement | undefined, from: string): readonly Permission[] {
  if (xml === undefined) return []
  const list = new EseElement(file, xml, { children: ['permission'], repeatable: ['permission'] })
  return list.childrenWhere(name => name === 'permission').map(child => readPermission(file, child, from))
}

function readPermission(file: EseFile, xml: XmlElement, from: string): Permission {
  const permission = new EseElement(file, xml, {
    children: ['topic', 'activity', 'qos', 'retain', 'shared-subscription', 'shared-group'],
  })
  const topic = permission.requiredChild('topic')
  const group = permission.child('shared-group')
  return {
    effect: 'allow',
    topicFilter: (topic && readTopicFilter(file, textElement(file, topic))) ?? '',
    syntax: 'filter',
    qos: choice(file, permission.requiredChild('qos'), QOS) ?? [],
    activity: choice(file, permission.requiredChild('activity'), ACTIVITIES) ?? [],
    retain: choice(file, permission.child('retain'), RETAIN) ?? 'not-retained',
    shared: choice(file, permission.child('shared-subscription'), SHARED) ?? 'not-shared',
    sharedGroup:
      group === undefined || group.text.trim() === '' ? '' : (readText(file, textElement(file, group).value) ?? ''),
    from,
  }
}

function choice<Name extends string, Value>(
  file: EseFile,
  xml: XmlElement | undefined,
  choices: Readonly<Record<Name, Value>>,
): Value | undefined {
  return xml && readChoice(file, textElement(file, xml).value, choices)
}

function readTopicFilter(file: EseFile, topic: EseElement): string | undefined {
  const text = readText(file, topic.value, 'variables')
  if (text === undefined) return undefined
  const example = placeholdersOf(text).reduce((filter, name) => filter.replace(`\${${name}}`, 'x'), text)
  if (!validTopicFilter(example)) {
    file.problems.add(topic.offset, `${topic.value.label}: expected a Topic Filter, found ${quoted(topic.value.raw)}`)
  } else if (text.startsWith('$share/')) {
    file.problems.add(
      topic.offset,
      `${topic.value.label}: write the filter alone, and <shared-group> for the Share Name`,
    )
  }
  return text
}
