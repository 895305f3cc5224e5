// Looks into the packages: what each promises, what it asks for, what lies in it, and what its symbols tell of the machine that built it.
// Usage: dotnet run inspect.cs -- FOLDER VERSION      every fault is a line; exit 1 when there is one
using System.Collections.Immutable;
using System.IO.Compression;
using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using System.Xml.Linq;

var (folder, version) = (args[0], args[1]);
var faults = new List<string>();
var packages = Directory.GetFiles(folder, "*.nupkg").Order(StringComparer.Ordinal).ToList();
var ours = packages.Select(p => Path.GetFileName(p)[..^$".{version}.nupkg".Length]).ToHashSet(StringComparer.Ordinal);
foreach (var expected in (string[])["Core", "DependencyInjection", "Ingest", "Postgres", "Connectors", "Hosting", "Testing", "Host"])
{
    Need(ours.Contains("Loyalty." + expected), $"Loyalty.{expected} was not packed");
}

foreach (var package in packages)
{
    Inspect(package);
}

foreach (var fault in faults)
{
    Console.Error.WriteLine(fault);
}

Console.WriteLine($"{packages.Count} packages inspected, {faults.Count} faults");
return faults.Count == 0 ? 0 : 1;

void Need(bool isRight, string fault)
{
    if (!isRight)
    {
        faults.Add(fault);
    }
}

void Inspect(string path)
{
    using var zip = ZipFile.OpenRead(path);
    var files = zip.Entries.ToDictionary(static e => e.FullName, StringComparer.Ordinal);
    var nuspec = XDocument.Parse(Text(files.Values.Single(static e => e.FullName.EndsWith(".nuspec", StringComparison.Ordinal)))).Root!.Elements().Single();
    string Of(string name) => nuspec.Elements().FirstOrDefault(e => e.Name.LocalName == name)?.Value ?? string.Empty;
    var id = Of("id");
    void Say(bool isRight, string fault) => Need(isRight, $"{id}: {fault}");
    var isTool = id == "Loyalty.Host";

    // What a package page shows.
    var repository = nuspec.Elements().FirstOrDefault(static e => e.Name.LocalName == "repository");
    var address = repository?.Attribute("url")?.Value ?? string.Empty;
    Say(Of("version") == version, $"version {Of("version")}");
    Say(address.StartsWith("https://", StringComparison.Ordinal) && Of("projectUrl") == address, $"repository '{address}', project '{Of("projectUrl")}'");
    Say(Regex.IsMatch(repository?.Attribute("commit")?.Value ?? string.Empty, "^[0-9a-f]{40}$"), "no commit of the repository");
    Say(Of("description").Length > 40 && Of("tags").Length > 0 && Of("releaseNotes").StartsWith(address, StringComparison.Ordinal), "description, tags or release notes");
    Say(Of("icon") == "icon.png" && files.ContainsKey("icon.png"), "no icon");
    var readme = files.TryGetValue("README.md", out var page) ? Text(page) : string.Empty;
    Say(readme.Contains(isTool ? "loyalty sync" : $"dotnet add package {id}", StringComparison.Ordinal), "the README is not its own");
    foreach (Match link in Regex.Matches(readme, @"\]\(([^)\s]+)\)"))
    {
        Say(link.Groups[1].Value.StartsWith(address + "/blob/v" + version + "/", StringComparison.Ordinal) || link.Groups[1].Value.StartsWith("https://semver.org", StringComparison.Ordinal), $"README links to {link.Groups[1].Value}");
    }

    var code = Regex.Match(readme, "```csharp\n(.*?)```", RegexOptions.Singleline).Groups[1].Value;
    Say(isTool || (code.Length > 0 && code.Count(static c => c == ';') <= 20), "no short example");

    // Licences: data of others lies in Core, and so in the tool.
    var hasData = id is "Loyalty.Core" or "Loyalty.Host";
    Say(Of("license") == (hasData ? "MIT AND Apache-2.0 AND Unicode-3.0" : "MIT"), $"licence {Of("license")}");
    Say(files.ContainsKey("NOTICE") == hasData, "NOTICE stands where the data is, and nowhere else");

    // The program schema, and what keeps Fluid out of native programs.
    Say((id == "Loyalty.Core") == files.ContainsKey("schemas/program.schema.json"), "the program schema");
    Say((id == "Loyalty.Core") == files.ContainsKey("buildTransitive/Loyalty.Core.targets"), "the target that copies the schema");
    Say((id == "Loyalty.Connectors") == files.ContainsKey("buildTransitive/Fluid.Substitutions.xml"), "what native programs leave out");

    var dlls = files.Keys.Where(f => f.EndsWith(".dll", StringComparison.Ordinal) && Path.GetFileName(f).StartsWith("loyalty", StringComparison.OrdinalIgnoreCase)).ToList();
    Say(isTool ? dlls.Count >= 6 : dlls.Count == 1, $"{dlls.Count} assemblies");
    using var symbols = ZipFile.OpenRead(Path.ChangeExtension(path, ".snupkg"));
    foreach (var dll in dlls)
    {
        InspectAssembly(id, zip.GetEntry(dll)!, symbols.GetEntry(Path.ChangeExtension(dll, ".pdb")) ?? zip.GetEntry(Path.ChangeExtension(dll, ".pdb")), address);
    }

    if (isTool)
    {
        return;
    }

    // What it asks for: ours exactly, others by the lowest version, and nothing that is not used.
    var used = References(zip.GetEntry(dlls[0])!);
    foreach (var dependency in nuspec.Descendants().Where(static e => e.Name.LocalName == "dependency"))
    {
        var (name, range) = (dependency.Attribute("id")!.Value, dependency.Attribute("version")!.Value);
        Say(name.StartsWith("Loyalty.", StringComparison.Ordinal) ? range == $"[{version}]" : !range.StartsWith('['), $"asks for {name} {range}");
        Say(!name.StartsWith("Microsoft.Extensions.", StringComparison.Ordinal) || range == "10.0.0", $"asks for {name} {range}, and 10.0.0 does");
        Say(IsUsed(name, used), $"asks for {name} and does not use it");
    }

    Say(id != "Loyalty.Core" || !nuspec.Descendants().Any(static e => e.Name.LocalName == "dependency"), "Core asks for other packages");
    InspectDocumentation(id, zip.GetEntry(dlls[0])!, files[Path.ChangeExtension(dlls[0], ".xml")]);
}

static bool IsUsed(string package, HashSet<string> used) => package switch
{
    "Fluid.Core" => used.Contains("Fluid"),
    "xunit.v3.extensibility.core" => used.Contains("xunit.v3.core") || used.Contains("xunit.v3.common"),

    // FsCheck is used with its own language's library, whose version it leaves open.
    "FSharp.Core" => used.Contains("FsCheck"),
    "Microsoft.Extensions.Diagnostics.HealthChecks" => used.Contains("Microsoft.Extensions.Diagnostics.HealthChecks") || used.Contains("Microsoft.Extensions.Diagnostics.HealthChecks.Abstractions"),
    _ => used.Contains(package),
};

void InspectAssembly(string id, ZipArchiveEntry dll, ZipArchiveEntry? pdb, string address)
{
    var name = $"{id}: {Path.GetFileName(dll.FullName)}";
    using var image = new PEReader(ImmutableArray.Create(Bytes(dll)));
    var debug = image.ReadDebugDirectory();
    Need(debug.Any(static e => e.Type == DebugDirectoryEntryType.Reproducible), $"{name} is not reproducible");
    foreach (var entry in debug.Where(static e => e.Type == DebugDirectoryEntryType.CodeView))
    {
        var file = image.ReadCodeViewDebugDirectoryData(entry).Path;
        Need(file == Path.GetFileName(file) || file.StartsWith("/_/", StringComparison.Ordinal), $"{name} names {file}");
    }

    if (pdb is null)
    {
        Need(false, $"{name} has no symbols");
        return;
    }

    using var provider = MetadataReaderProvider.FromPortablePdbImage(ImmutableArray.Create(Bytes(pdb)));
    var reader = provider.GetMetadataReader();
    foreach (var handle in reader.Documents)
    {
        var document = reader.GetString(reader.GetDocument(handle).Name);
        Need(document.StartsWith("/_", StringComparison.Ordinal), $"{name} was built from {document}");
    }

    // The store that the host shows as a sample of an adapter is no package, and is not linked.
    if (Path.GetFileName(dll.FullName) == "Loyalty.Sqlite.dll")
    {
        return;
    }

    // Where debuggers find the sources.
    var sourceLink = new Guid("CC110556-A091-4D38-9FEC-25AB9A351A6A");
    var links = reader.CustomDebugInformation.Select(reader.GetCustomDebugInformation).Where(i => reader.GetGuid(i.Kind) == sourceLink).ToList();
    var json = links.Count == 1 ? Encoding.UTF8.GetString(reader.GetBlobBytes(links[0].Value)) : "{}";
    using var map = JsonDocument.Parse(json);
    var raw = address.Replace("https://github.com/", "https://raw.githubusercontent.com/", StringComparison.Ordinal);
    Need(
        map.RootElement.TryGetProperty("documents", out var documents) && documents.TryGetProperty("/_/*", out var url) && Regex.IsMatch(url.GetString()!, $"^{Regex.Escape(raw)}/[0-9a-f]{{40}}/\\*$"),
        $"{name} has no link to its sources: {json}");
}

void InspectDocumentation(string id, ZipArchiveEntry dll, ZipArchiveEntry xml)
{
    using var image = new PEReader(ImmutableArray.Create(Bytes(dll)));
    var reader = image.GetMetadataReader();
    var seen = new HashSet<string>(StringComparer.Ordinal);
    foreach (var handle in reader.TypeDefinitions)
    {
        var name = VisibleName(reader, handle);
        if (name is null)
        {
            continue;
        }

        seen.Add(name);
        var type = reader.GetTypeDefinition(handle);
        foreach (var method in type.GetMethods().Select(reader.GetMethodDefinition))
        {
            if ((method.Attributes & MethodAttributes.MemberAccessMask) is MethodAttributes.Public or MethodAttributes.Family or MethodAttributes.FamORAssem)
            {
                var text = reader.GetString(method.Name);
                seen.Add($"{name}.{text.Replace('.', '#')}");
                seen.Add($"{name}.{Regex.Replace(text, "^(get|set|add|remove)_", string.Empty)}");
            }
        }

        foreach (var field in type.GetFields().Select(reader.GetFieldDefinition))
        {
            if ((field.Attributes & FieldAttributes.FieldAccessMask) is FieldAttributes.Public or FieldAttributes.Family or FieldAttributes.FamORAssem)
            {
                seen.Add($"{name}.{reader.GetString(field.Name)}");
            }
        }
    }

    var documented = XDocument.Parse(Text(xml)).Descendants("member").Select(static m => m.Attribute("name")!.Value).ToList();
    Need(documented.Count > 0, $"{id}: nothing is documented");
    foreach (var member in documented)
    {
        var plain = Regex.Replace(member[2..].Split('(')[0].Split('~')[0], "``[0-9]+$", string.Empty);
        Need(seen.Contains(plain), $"{id}: documents {member}, which nobody sees");
    }
}

static string? VisibleName(MetadataReader reader, TypeDefinitionHandle handle)
{
    var type = reader.GetTypeDefinition(handle);
    var name = reader.GetString(type.Name);
    var access = type.Attributes & TypeAttributes.VisibilityMask;
    if (access is TypeAttributes.Public)
    {
        var room = reader.GetString(type.Namespace);
        return room.Length > 0 ? $"{room}.{name}" : name;
    }

    return access is TypeAttributes.NestedPublic or TypeAttributes.NestedFamily or TypeAttributes.NestedFamORAssem && VisibleName(reader, type.GetDeclaringType()) is { } outer
        ? $"{outer}.{name}"
        : null;
}

static HashSet<string> References(ZipArchiveEntry dll)
{
    using var image = new PEReader(ImmutableArray.Create(Bytes(dll)));
    var reader = image.GetMetadataReader();
    return [.. reader.AssemblyReferences.Select(h => reader.GetString(reader.GetAssemblyReference(h).Name))];
}

static byte[] Bytes(ZipArchiveEntry entry)
{
    using var stream = entry.Open();
    using var bytes = new MemoryStream();
    stream.CopyTo(bytes);
    return bytes.ToArray();
}

static string Text(ZipArchiveEntry entry) => Encoding.UTF8.GetString(Bytes(entry)).TrimStart('\uFEFF');
