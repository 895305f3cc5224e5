using System.Text;
using Loyalty.Identity;

namespace Loyalty.Benchmarks.Identity;

/// <summary>What the identity benchmarks read: the shared public sets where they are, else a few lines of every kind.</summary>
internal static class IdentityInputs
{
    private static readonly string? Folder = FindFolder();

    /// <summary>Where the inputs come from, for the report.</summary>
    public static string Source => Folder is null ? "built-in samples" : "the shared public sets";

    public static (byte[] Text, PhoneRegion Hint)[] Phones { get; } =
        [.. Read("phones_public.tsv", PhoneSamples).Select(row => (Encoding.UTF8.GetBytes(row[0]), PhoneRegion.TryParse(row[1], null, out var hint) ? hint : default))];

    public static (byte[] Text, HandlePlatform Platform)[] Handles { get; } =
        [.. Read("handles_public.tsv", HandleSamples).Select(row => (Encoding.UTF8.GetBytes(row[0]), Enum.Parse<HandlePlatform>(row[1], ignoreCase: true)))];

    /// <summary>Handles as exports have them: <c>@name</c>, <c>name</c>, <c>https://www.tiktok.com/@name</c>.</summary>
    public static byte[][] PlainHandles { get; } =
    [
        .. Enumerable.Range(0, 999).Select(i => Encoding.ASCII.GetBytes((i % 3) switch
        {
            0 => $"@Some.Creator_{i}",
            1 => $"creator{i * 7919}",
            _ => $"https://www.tiktok.com/@maker_{i}",
        })),
    ];

    public static byte[][] AsciiNames { get; } =
        [.. Enumerable.Range(0, 1000).Select(i => Encoding.ASCII.GetBytes($"{(i % 2 == 0 ? "Maria" : "Benjamin")} {(i % 3 == 0 ? "Lopez-Garcia" : "Smith")} {i}"))];

    public static byte[][] Names { get; } = [.. Read("mojibake_names_public.tsv", NameSamples).Select(row => Encoding.UTF8.GetBytes(row[0]))];

    private static string[][] PhoneSamples =>
        [["+13159212129", ""], ["(315) 921-2129", "US"], ["06 1234 3725", "IT"], ["0343 15 555 1212", "AR"], ["+44 (0)161 496 0547", ""], ["tel:+43-1-234567895", ""], ["1-800-FLOWERS", "US"], ["+1 315 921 2129 ext. 12", ""]];

    private static string[][] HandleSamples =>
        [["@Some.Creator", "tiktok"], ["https://www.tiktok.com/@name?lang=en", "tiktok"], ["IG: @name", "instagram"], ["@mаrk7895", "tiktok"], ["https://vm.tiktok.com/ZM/", "tiktok"], ["//www.youtube.com/@name/about", "youtube"]];

    private static string[][] NameSamples => [["BenjamÃ­n"], ["Benjamín"], ["Benjam‚àö‚â†n"], ["São Tomé"], ["Tomás"], ["Maria"]];

    private static IEnumerable<string[]> Read(string file, string[][] samples) =>
        Folder is null ? samples : File.ReadLines(Path.Combine(Folder, file)).Skip(1).Select(line => line.Split('\t'));

    private static string? FindFolder()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Loyalty.Libs.sln")))
            {
                var shared = Path.Combine(folder.FullName, "..", "shared", "data", "identity");
                return Directory.Exists(shared) ? shared : null;
            }
        }

        return null;
    }
}
