namespace Loyalty.Tests.Stores.Server;

/// <summary>The sources that the tests were built from. Paths of the compiler are no real ones in a deterministic build.</summary>
internal static class Sources
{
    /// <summary>A file or folder of the repository.</summary>
    public static string PathOf(params string[] parts)
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "Loyalty.Libs.sln")))
        {
            folder = folder.Parent ?? throw new DirectoryNotFoundException($"No folder above {AppContext.BaseDirectory} holds Loyalty.Libs.sln.");
        }

        return Path.Combine([folder.FullName, .. parts]);
    }
}
