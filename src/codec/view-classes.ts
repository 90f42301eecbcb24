/** The classes of views over bytes, by their names in records. */
import { isDataView } from 'node:util/types';
import { globalObject, reflectGet, SafeMap, typedArrayName } from '../util/primordials.ts';
import { type ViewClass, viewClasses } from './tags.ts';

/** By name. For a DataView the length is in bytes, for others in elements. */
const classes = new SafeMap<string, ViewClass>();
for (let i = 0; i < viewClasses.length; i++) {
  const viewClass = viewClasses[i] as ViewClass;
  classes.set(viewClass.name, viewClass);
}
// Only newer engines have it.
const float16 = reflectGet(globalObject, 'Float16Array') as ViewClass | undefined;
if (float16 !== undefined) classes.set('Float16Array', float16);

export function viewClassNamed(name: string): ViewClass | undefined {
  return classes.get(name);
}

/** The built-in class of a view, even if the program has subclassed it. */
export function viewName(view: ArrayBufferView): string {
  return isDataView(view) ? 'DataView' : typedArrayName(view);
}
