using System.Reflection;

namespace Loyalty.Tests.Repo;

public sealed class PublicApiTests
{
    public static TheoryData<string> Libraries => [.. Directory.GetDirectories(Repository.PathOf("src")).Select(static d => Path.GetFileName(d)!)];

    /// <summary>A change of the public surface is seen in review: the file under <c>api/</c> changes with it.</summary>
    [Theory]
    [MemberData(nameof(Libraries))]
    public void The_public_surface_is_the_reviewed_one(string library)
    {
        var found = PublicSurface.Describe(Assembly.Load(library));
        var file = Repository.PathOf("api", library + ".txt");
        if (Environment.GetEnvironmentVariable("UPDATE_API") == "1")
        {
            File.WriteAllText(file, found);
        }

        Assert.True(File.Exists(file), $"api/{library}.txt is missing; UPDATE_API=1 ./build test writes it.");
        var reviewed = File.ReadAllLines(file).Where(static l => l.Length > 0).ToArray();
        var now = found.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        var gone = reviewed.Except(now).Select(static l => "- " + l);
        var come = now.Except(reviewed).Select(static l => "+ " + l);
        Assert.True(
            reviewed.SequenceEqual(now),
            $"The public surface of {library} changed (UPDATE_API=1 ./build test rewrites api/{library}.txt for review):\n{string.Join('\n', gone.Concat(come))}");
    }

    [Theory]
    [MemberData(nameof(Libraries))]
    public void Every_parsable_type_can_be_tried_without_an_exception(string library)
    {
        foreach (var type in Assembly.Load(library).GetExportedTypes())
        {
            var parses = type.GetMethods(BindingFlags.Public | BindingFlags.Static | BindingFlags.DeclaredOnly).Any(static m => m.Name == "Parse");
            var tries = type.GetMethods(BindingFlags.Public | BindingFlags.Static | BindingFlags.DeclaredOnly).Any(static m => m.Name is "TryParse" or "TryRead");
            Assert.True(!parses || tries, $"{type} has Parse without TryParse.");
        }
    }

    [Theory]
    [MemberData(nameof(Libraries))]
    public void No_public_type_is_a_mutable_value(string library)
    {
        foreach (var type in Assembly.Load(library).GetExportedTypes().Where(static t => t is { IsValueType: true, IsEnum: false }))
        {
            Assert.True(
                type.IsDefined(typeof(System.Runtime.CompilerServices.IsReadOnlyAttribute), inherit: false),
                $"{type} is a struct that is not readonly.");
        }
    }
}
