import { EseElement, textElement } from './ese-element.ts'
import type { EseFile, EseValue } from './ese-element.ts'
import { quoted, readBoolean, readText } from './ese-value.ts'
import { DEFAULT_ACCESS_LOG } from './security-model.ts'
import type { AccessLogModel } from './security-model.ts'
import type { XmlElement } from './xml-document.ts'

/** One name in a path: neither `.` nor `..`, and nothing that parts names or hides. */
const PATH_SEGMENT = /^(?!\.{1,2}$)[^/\\\p{Cc}\p{Cf}]{1,255}$/u

/** Reads `<access-log>`; what is left out has HiveMQ's default. */
export function readAccessLog(file: EseFile, xml: XmlElement): AccessLogModel {
  const element = new EseElement(file, xml, { children: ['enabled', 'file-name', 'sub-folder', 'write-through'] })
  const value = (name: string): EseValue | undefined => {
    const child = element.child(name)
    return child && textElement(file, child).value
  }
  const enabled = value('enabled')
  const fileName = value('file-name')
  const subFolder = value('sub-folder')
  const writeThrough = value('write-through')
  return {
    enabled: (enabled && readBoolean(file, enabled)) ?? DEFAULT_ACCESS_LOG.enabled,
    fileName: (fileName && readPath(file, fileName, 1)) ?? DEFAULT_ACCESS_LOG.fileName,
    subFolder: (subFolder && readPath(file, subFolder, 8)) ?? DEFAULT_ACCESS_LOG.subFolder,
    writeThrough: (writeThrough && readBoolean(file, writeThrough)) ?? DEFAULT_ACCESS_LOG.writeThrough,
  }
}

/** A path that stays inside the log folder. */
function readPath(file: EseFile, value: EseValue, segmentsMax: number): string | undefined {
  const text = readText(file, value)
  if (text === undefined) return undefined
  const segments = text.split('/')
  if (segments.length <= segmentsMax && segments.every(segment => PATH_SEGMENT.test(segment))) return text
  const expected = segmentsMax === 1 ? 'the name of a file' : 'the name of a folder in the log folder'
  file.problems.add(value.offset, `${value.label}: expected ${expected}, found ${quoted(value.raw)}`)
  return undefined
}
