// Gives the exports of `entry.ts` the names that the contract asks for: they are no names
// that AssemblyScript can write. The compiler gives it `program`.

const NAMES = { bugle_run: "bugle:task/entry@0.1.0#run", bugle_realloc: "cabi_realloc" };

export default class ContractNames {
  afterCompile(module) {
    for (const [own, name] of Object.entries(NAMES)) {
      const exported = module.getExport(own);
      if (!exported) throw new Error(`${own} is not exported: compile entry.ts as well`);
      module.removeExport(own);
      module.addFunctionExport(`${this.entry()}/${own}`, name);
    }
  }

  /// The internal path of `entry.ts`, which functions are named by.
  entry() {
    const isEntry = (source) => source.internalPath.endsWith("guest-sdk/assemblyscript/entry");
    return this.program.sources.find(isEntry).internalPath;
  }
}
