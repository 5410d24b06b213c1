import { readAccessLog } from './ese-access-log.ts'
import { EseElement, label } from './ese-element.ts'
import type { EseFile } from './ese-element.ts'
import { readPipelines } from './ese-pipelines.ts'
import { readFileBeside } from './file-beside.ts'
import { readRealms } from './ese-realms.ts'
import type { EseRealms } from './ese-realms.ts'
import { SecurityFileProblems } from './security-file-problems.ts'
import { DEFAULT_ACCESS_LOG } from './security-model.ts'
import type { SecurityModel } from './security-model.ts'
import { parseXml } from './xml-document.ts'
import type { XmlElement } from './xml-document.ts'

const ROOT = 'enterprise-security-extension'
const NO_REALMS: EseRealms = { models: [], fileModels: [], states: new Map() }

/**
 * Reads HiveMQ's `enterprise-security-extension.xml` (or `config.xml`) as it is. Throws `SECURITY_FILE` with every
 * problem in it and in the realm files that it names, one `file:line:column: …` a line: an element that guardbee cannot
 * honour is never passed over. `environment` fills in `${ENV:NAME}`; its values are in no error.
 */
export function readEseFile(
  text: string,
  fileName: string,
  environment: Readonly<Record<string, string | undefined>>,
  otherFile: EseFile['otherFile'] = path => readFileBeside(fileName, path),
): SecurityModel {
  const problems = new SecurityFileProblems(fileName, text)
  const model = readDocument({ problems, environment, otherFile }, text)
  if (model === undefined || problems.any) throw problems.toError()
  return model
}

/** Undefined, or of no use, when a problem was reported. */
function readDocument(file: EseFile, text: string): SecurityModel | undefined {
  const document = parseXml(text)
  if (document.kind === 'malformed') {
    file.problems.add(document.offset, document.sentence)
    return undefined
  }
  if (document.root.name !== ROOT) {
    file.problems.add(document.root.offset, `expected ${label(ROOT)}, found ${label(document.root.name)}`)
    return undefined
  }
  return readRoot(file, document.root)
}

function readRoot(file: EseFile, xml: XmlElement): SecurityModel {
  const root = new EseElement(file, xml, {
    attributes: xml.attributes.map(({ name }) => name).filter(isSchemaAttribute),
    children: ['realms', 'pipelines', 'access-log'],
  })
  const realmsXml = root.child('realms')
  const pipelinesXml = root.requiredChild('pipelines')
  const accessLogXml = root.child('access-log')
  const realms = realmsXml === undefined ? NO_REALMS : readRealms(file, realmsXml)
  return {
    realms: realms.models,
    ...(realms.fileModels.length === 0 ? {} : { fileRealms: realms.fileModels }),
    pipelines: pipelinesXml === undefined ? [] : readPipelines(file, pipelinesXml, realms),
    accessLog: accessLogXml === undefined ? DEFAULT_ACCESS_LOG : readAccessLog(file, accessLogXml),
  }
}

function isSchemaAttribute(name: string): boolean {
  return name === 'version' || name === 'xmlns' || name.startsWith('xmlns:') || name.startsWith('xsi:')
}
