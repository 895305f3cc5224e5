using System.Text;

namespace Loyalty.Tests.Identity;

/// <summary>The public halves of the conformance sets, read from the shared data folder beside the repository.</summary>
internal static class PublicSets
{
    public static string Root { get; } = FindRoot();

    public static IReadOnlyList<string[]> Read(string file)
    {
        var path = Path.Combine(Root, "..", "shared", "data", "identity", file);
        return File.ReadAllText(path, new UTF8Encoding(false, true)).Split('\n').Skip(1).Where(line => line.Length > 0).Select(line => line.Split('\t')).ToArray();
    }

    /// <summary>Undoes the escapes of the name files.</summary>
    public static string Unescape(string text)
    {
        if (!text.Contains('\\'))
        {
            return text;
        }

        var result = new StringBuilder();
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] == '\\' && i + 1 < text.Length)
            {
                result.Append(text[++i] switch { 't' => '\t', 'n' => '\n', 'r' => '\r', var c => c });
            }
            else
            {
                result.Append(text[i]);
            }
        }

        return result.ToString();
    }

    private static string FindRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Loyalty.Libs.sln")))
            {
                return folder.FullName;
            }
        }

        throw new DirectoryNotFoundException($"No folder above {AppContext.BaseDirectory} holds Loyalty.Libs.sln.");
    }
}
