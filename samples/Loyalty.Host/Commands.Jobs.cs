using System.CommandLine;
using Loyalty.Host.Jobs;

namespace Loyalty.Host;

/// <content>The commands <c>jobs</c>.</content>
internal static partial class Commands
{
    private static Command Jobs()
    {
        var jobs = Described("jobs", "Runs the program's jobs, or shows them.", "loyalty jobs list --program program.json --postgres \"Host=localhost;Database=loyalty\"");
        var program = Required<FileInfo>("--program", "The program file (JSON).");
        var connectors = Required<FileInfo>("--connectors", "The connectors file (JSON).");
        var store = new StoreOptions();
        var templates = new Option<DirectoryInfo?>("--templates") { Description = "A folder of templates over those that are built in." };
        var run = Described(
            "run", "Runs the jobs until Ctrl-C; over all processes on one store each occurrence runs once.",
            "loyalty jobs run --program program.json --connectors connectors.json --postgres \"Host=localhost;Database=loyalty\"", program, connectors, store.Sqlite, store.Postgres, templates);
        store.Validate(run, required: true);
        jobs.Add(Action(run, (parsed, console, cancellation) => JobsCommand.RunAsync(
            parsed.GetRequiredValue(program).FullName, parsed.GetRequiredValue(connectors).FullName, store.Read(parsed),
            parsed.GetValue(templates)?.FullName, console, cancellation)));
        var listProgram = Required<FileInfo>("--program", "The program file (JSON).");
        var listConnectors = new Option<FileInfo?>("--connectors") { Description = "The connectors file; not needed here." };
        var listStore = new StoreOptions();
        var json = Json();
        var list = Described(
            "list", "Shows each job, its schedule, its next and its last occurrence.",
            "loyalty jobs list --program program.json --postgres \"Host=localhost;Database=loyalty\"", listProgram, listConnectors, listStore.Sqlite, listStore.Postgres, json);
        listStore.Validate(list, required: true);
        jobs.Add(Action(list, (parsed, console, cancellation) => JobsCommand.ListAsync(
            parsed.GetRequiredValue(listProgram).FullName, listStore.Read(parsed), parsed.GetValue(json), console, cancellation)));
        return jobs;
    }
}
