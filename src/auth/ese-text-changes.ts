import { EseElement, textElement } from './ese-element.ts'
import type { EseFile } from './ese-element.ts'
import { ENCODINGS } from './ese-encoding.ts'
import { readChoice, readText, readWholeNumber } from './ese-value.ts'
import { readItems, readListMarks, readVariable } from './ese-variable-reference.ts'
import type { LoggingModel, PreprocessorModel } from './preprocessor-model.ts'
import { compileRegex } from './preprocessors/linear-regex.ts'
import type { XmlElement } from './xml-document.ts'

const GROUP_MAX = 100
const MARKED = ['prefix', 'postfix']
const LEVELS: Readonly<Record<string, LoggingModel['level']>> = {
  trace: 'debug',
  debug: 'debug',
  info: 'info',
  warn: 'warn',
  error: 'error',
}
const UPPER: Readonly<Record<'UPPER' | 'LOWER', boolean>> = { UPPER: true, LOWER: false }

/** Reads a preprocessor that changes or shows texts; undefined: it is of another kind. */
export function readTextChange(file: EseFile, xml: XmlElement): readonly PreprocessorModel[] | undefined {
  switch (xml.name) {
    case 'regex-preprocessor':
      return readRegex(file, xml)
    case 'split-preprocessor':
      return [readSplit(file, xml)]
    case 'concatenation-preprocessor':
      return [readConcatenation(file, xml)]
    case 'letter-case-preprocessor':
      return readLetterCase(file, xml)
    case 'logging-preprocessor':
      return [readLogging(file, xml)]
    default:
      return undefined
  }
}

function readRegex(file: EseFile, xml: XmlElement): readonly PreprocessorModel[] {
  const element = new EseElement(file, xml, { children: ['pattern', 'group', 'variable'], repeatable: ['variable'] })
  const patternXml = element.requiredChild('pattern')
  const groupXml = element.child('group')
  const pattern = (patternXml && readText(file, textElement(file, patternXml).value, 'pattern')) ?? ''
  const group = (groupXml && readWholeNumber(file, textElement(file, groupXml).value, 0, GROUP_MAX)) ?? 0
  const compiled = compileRegex(pattern, group)
  if (compiled.kind === 'fault' && patternXml !== undefined) {
    file.problems.add(patternXml.offset, `<pattern>: ${compiled.sentence}`)
  }
  return element
    .childrenWhere(name => name === 'variable')
    .map(variableXml => {
      const variable = readVariable(file, variableXml, { holds: 'text', written: true })
      return { kind: 'regex', pattern, group, variable }
    })
}

function readSplit(file: EseFile, xml: XmlElement): PreprocessorModel {
  const element = new EseElement(file, xml, { attributes: MARKED, children: ['from', 'to'], repeatable: ['to'] })
  return {
    kind: 'split',
    from: readVariable(file, element.requiredChild('from'), { holds: 'text', written: false }),
    to: element
      .childrenWhere(name => name === 'to')
      .map(to => readVariable(file, to, { holds: 'text', written: true })),
    ...readListMarks(file, element),
  }
}

function readConcatenation(file: EseFile, xml: XmlElement): PreprocessorModel {
  const element = new EseElement(file, xml, { attributes: MARKED, children: ['from', 'to'], repeatable: ['from'] })
  const sources = element.childrenWhere(name => name === 'from')
  return {
    kind: 'concatenation',
    from: sources.map(from => readVariable(file, from, { holds: 'text', written: false })),
    to: readVariable(file, element.requiredChild('to'), { holds: 'text', written: true }),
    ...readListMarks(file, element),
  }
}

function readLetterCase(file: EseFile, xml: XmlElement): readonly PreprocessorModel[] {
  const element = new EseElement(file, xml, { children: ['transformations'] })
  return readItems(file, element, 'transformations', 'transformation').map(item => {
    const transformation = new EseElement(file, item, { children: ['variable', 'case'] })
    const caseXml = transformation.requiredChild('case')
    return {
      kind: 'letter-case',
      variable: readVariable(file, transformation.requiredChild('variable'), { holds: 'text', written: true }),
      upper: (caseXml && readChoice(file, textElement(file, caseXml).value, UPPER)) ?? false,
    }
  })
}

function readLogging(file: EseFile, xml: XmlElement): PreprocessorModel {
  const element = new EseElement(file, xml, { children: ['message', 'level', 'name', 'codec'] })
  const messageXml = element.requiredChild('message')
  const levelXml = element.child('level')
  const nameXml = element.child('name')
  const codecXml = element.child('codec')
  const message = (messageXml && readText(file, textElement(file, messageXml).value, 'message')) ?? ''
  return {
    kind: 'logging',
    message,
    level: (levelXml && readChoice(file, textElement(file, levelXml).value, LEVELS)) ?? 'info',
    name: (nameXml && readText(file, textElement(file, nameXml).value)) ?? '',
    encoding: (codecXml && readChoice(file, textElement(file, codecXml).value, ENCODINGS)) ?? 'UTF8',
  }
}
