namespace Loyalty.Tests.Repo;

/// <summary>The repository that the tests were built from.</summary>
internal static class Repository
{
    public static string Root { get; } = FindRoot();

    public static string PathOf(params string[] parts) => Path.Combine([Root, .. parts]);

    public static string Read(params string[] parts) => File.ReadAllText(PathOf(parts));

    /// <summary>The files that belong to the repository, without what is built or kept by git.</summary>
    public static IEnumerable<string> Files()
    {
        var folders = new Stack<string>([Root]);
        while (folders.TryPop(out var folder))
        {
            foreach (var child in Directory.GetDirectories(folder))
            {
                if (Path.GetFileName(child) is not (".git" or "artifacts" or "bin" or "obj" or "node_modules" or "TestResults" or "BenchmarkDotNet.Artifacts"))
                {
                    folders.Push(child);
                }
            }

            foreach (var file in Directory.GetFiles(folder))
            {
                yield return file;
            }
        }
    }

    private static string FindRoot()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "Loyalty.Libs.sln")))
        {
            folder = Path.GetDirectoryName(folder) ?? throw new InvalidOperationException("The tests must run inside the repository.");
        }

        return folder;
    }
}
