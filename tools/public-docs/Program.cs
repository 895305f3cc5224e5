using System.Xml.Linq;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

// Usage: public-docs ASSEMBLY.dll DOCUMENTATION.xml
// Leaves in the documentation only what can be seen from outside the assembly.
if (args is not [var assembly, var documentation])
{
    Console.Error.WriteLine("usage: public-docs ASSEMBLY.dll DOCUMENTATION.xml");
    return 2;
}

var runtime = Path.GetDirectoryName(typeof(object).Assembly.Location)!;
var own = MetadataReference.CreateFromFile(assembly);
var others = Directory.EnumerateFiles(runtime, "System*.dll").Append(Path.Combine(runtime, "netstandard.dll")).Select(static f => MetadataReference.CreateFromFile(f));
var compilation = CSharpCompilation.Create("reader", references: [own, .. others], options: new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary));
var seen = new HashSet<string>(StringComparer.Ordinal);
Add(((IAssemblySymbol)compilation.GetAssemblyOrModuleSymbol(own)!).GlobalNamespace, seen);

var document = XDocument.Load(documentation, LoadOptions.PreserveWhitespace);
var members = document.Root!.Element("members")!;
foreach (var member in members.Elements("member").ToList())
{
    if (!seen.Contains(member.Attribute("name")!.Value))
    {
        // With the line break in front of it.
        (member.PreviousNode as XText)?.Remove();
        member.Remove();
    }
}

document.Save(documentation, SaveOptions.DisableFormatting);
return 0;

static void Add(INamespaceOrTypeSymbol parent, HashSet<string> seen)
{
    foreach (var member in parent.GetMembers())
    {
        if (member is INamespaceSymbol room)
        {
            Add(room, seen);
        }
        else if (member.DeclaredAccessibility is Accessibility.Public or Accessibility.Protected or Accessibility.ProtectedOrInternal)
        {
            seen.Add(DocumentationCommentId.CreateDeclarationId(member)!);
            if (member is INamedTypeSymbol type)
            {
                Add(type, seen);
            }
        }
    }
}
